/*
 * structure.c
 *		What is wrong with our relations.
 *
 * The owner of a relation may alter it.  An alteration that keeps every value right is
 * accepted: columns added, dropped before ours, in another order.  Any other is
 * reported here, with what to do.
 */
#include "postgres.h"

#include "catalog/pg_inherits.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/relcache.h"

#include "tables/index_finder.h"
#include "tables/structure.h"
#include "tables/structure_others.h"

static void check_kind(List **faults, MapPlace place, Relation relation);
static void check_inheritance(List **faults, MapPlace place, Relation relation);
static void check_persistence(List **faults, MapPlace place, Relation relation);
static void check_row_security(List **faults, MapPlace place, Relation relation);
static void check_key(List **faults, MapPlace place, Relation relation);
static void check_columns(List **faults, MapPlace place, TupleDesc desc, const ColumnMap *map);
static void check_column(List **faults, MapPlace place, WantedColumn wanted,
						 Form_pg_attribute attribute);
static Fault *add_missing(List **faults, MapPlace place, WantedColumn wanted);
static Fault *add_retyped(List **faults, MapPlace place, WantedColumn wanted,
						  Form_pg_attribute attribute);
static Fault *add_generated(List **faults, MapPlace place, WantedColumn wanted);
static void check_indexes(List **faults, MapPlace place, const ColumnMap *map);
static FaultEffect column_effect(MapPlace place);
static bool is_apart(MapPlace place);

List *
structure_faults(MapPlace place, Relation relation, const ColumnMap *map)
{
	List *faults = NIL;

	check_kind(&faults, place, relation);
	if (faults != NIL)
		return faults;
	check_columns(&faults, place, RelationGetDescr(relation), map);
	if (place != MAP_RELAY && place != MAP_RELAY_PASS)
		structure_note_others(&faults, place, RelationGetDescr(relation), map);
	if (place == MAP_FEED)
		return faults;
	check_inheritance(&faults, place, relation);
	check_persistence(&faults, place, relation);
	check_row_security(&faults, place, relation);
	if (is_apart(place))
		check_key(&faults, place, relation);
	check_indexes(&faults, place, map);
	if (place == MAP_LOG || (is_apart(place) && place != MAP_RELAY_PASS))
		structure_check_others(&faults, place, relation, map);
	if (place >= MAP_STAGING)
		structure_check_segment(&faults, place, relation, map);
	return faults;
}

List *
structure_column_faults(MapPlace place, TupleDesc desc, const ColumnMap *map)
{
	List *faults = NIL;

	check_columns(&faults, place, desc, map);
	return faults;
}

void
structure_require(const List *faults)
{
	const ListCell *cell;

	foreach (cell, faults)
	{
		const Fault *fault = lfirst(cell);

		if (!fault->stops)
			continue;
		ereport(ERROR,
				(errcode(fault->sqlstate),
				 err_generic_string(PG_DIAG_SCHEMA_NAME, "commentary"),
				 err_generic_string(PG_DIAG_TABLE_NAME, fault->relation),
				 fault->column == NULL ? 0 : err_generic_string(PG_DIAG_COLUMN_NAME, fault->column),
				 errmsg("%s", fault->message),
				 fault->detail == NULL ? 0 : errdetail("%s", fault->detail),
				 errhint("%s", fault->hint)));
	}
}

static void
check_kind(List **faults, MapPlace place, Relation relation)
{
	char wanted = place == MAP_FEED ? RELKIND_VIEW : RELKIND_RELATION;
	const char *name = shape_name(place);
	Fault *fault;

	if (relation->rd_rel->relkind == wanted)
		return;
	fault = fault_add(faults, FAULT_REFUSES, ERRCODE_WRONG_OBJECT_TYPE, place,
					  psprintf("commentary.%s is not %s", name,
							   place == MAP_FEED ? "a view" : "an ordinary table"));
	fault->detail = relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE
						? "It is partitioned, and rows are read and written one table at a time."
						: NULL;
	fault->hint = psprintf("Bring back the %s that the extension made.",
						   place == MAP_FEED ? "view" : "table");
}

/* SELECT would read the rows of a child table, but the flusher does not number them. */
static void
check_inheritance(List **faults, MapPlace place, Relation relation)
{
	Oid relation_id = RelationGetRelid(relation);
	const char *name = shape_name(place);
	bool has_children = relation->rd_rel->relhassubclass &&
						find_inheritance_children(relation_id, NoLock) != NIL;
	Fault *fault;

	if (!has_children && !relation->rd_rel->relispartition && !has_superclass(relation_id))
		return;
	fault = fault_add(faults, is_apart(place) ? FAULT_WARNS : FAULT_REFUSES,
					  ERRCODE_FEATURE_NOT_SUPPORTED, place,
					  psprintf("commentary.%s %s", name,
							   has_children ? "has tables that inherit from it"
											: "inherits from another table"));
	fault->detail = "Rows are read and written one table at a time.";
	fault->hint = has_children
					  ? psprintf("ALTER TABLE the_child NO INHERIT commentary.%s.", name)
					  : psprintf("ALTER TABLE commentary.%s NO INHERIT the_parent, or DETACH PARTITION.", name);
}

static void
check_persistence(List **faults, MapPlace place, Relation relation)
{
	bool is_unlogged = relation->rd_rel->relpersistence == RELPERSISTENCE_UNLOGGED;
	bool may_be = place == MAP_RELAY ||
				  (place >= MAP_STAGING && RING_OF(place - MAP_STAGING) == RING_UNLOGGED);
	const char *name = shape_name(place);
	Fault *fault;

	if (is_unlogged == may_be)
		return;
	if (is_unlogged)
	{
		fault = fault_add(faults, place == MAP_LOG ? FAULT_REFUSES : FAULT_WARNS,
						  ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, place,
						  psprintf("commentary.%s is unlogged", name));
		fault->detail = place >= MAP_STAGING
							? "A crash of the server empties it, and what other tables have of the same transactions stays."
						: is_apart(place)
							? "A crash of the server empties it."
							: "A crash of the server empties it, and with it what was acknowledged as durable.";
		fault->hint = psprintf("ALTER TABLE commentary.%s SET LOGGED.", name);
		return;
	}
	fault = fault_add(faults, FAULT_WARNS, 0, place, psprintf("commentary.%s is logged", name));
	fault->hint = psprintf("ALTER TABLE commentary.%s SET UNLOGGED: each row is written to WAL %s.", name,
						   place == MAP_RELAY ? "each time that a relay reports" : "twice");
}

static void
check_row_security(List **faults, MapPlace place, Relation relation)
{
	const char *name = shape_name(place);
	bool is_forced = relation->rd_rel->relforcerowsecurity;
	Fault *fault;

	if (!relation->rd_rel->relrowsecurity || place == MAP_PURGING || place == MAP_RELAY ||
		place == MAP_RELAY_PASS) /* only we read these */
		return;
	fault = fault_add(faults, is_forced && place == MAP_LOG ? FAULT_REFUSES : FAULT_NOTED,
					  ERRCODE_FEATURE_NOT_SUPPORTED, place,
					  psprintf("commentary.%s has row security%s", name, is_forced ? ", also for its owner" : ""));
	fault->detail = "The flusher is not subject to policies, like foreign keys and COPY.";
	fault->hint = is_forced && place == MAP_LOG
					  ? psprintf("ALTER TABLE commentary.%s NO FORCE ROW LEVEL SECURITY, and let a CHECK constraint say what may be stored.", name)
					  : "What a policy hides from a relay's role its viewers miss: give that role a policy that shows all.";
}

/* Statements of ours are ON CONFLICT with it, or count on one row for each key. */
static void
check_key(List **faults, MapPlace place, Relation relation)
{
	static const char *const keys[] = {
		[MAP_REJECTED] = "rejected_id",
		[MAP_EPOCH] = "epoch",
		[MAP_PURGING] = "match_id",
		[MAP_RELAY] = "relay_id",
		[MAP_RELAY_PASS] = "pass",
	};
	const char *name = shape_name(place);
	Fault *fault;

	list_free(RelationGetIndexList(relation)); /* finds the key */
	if (OidIsValid(relation->rd_pkindex))
		return;
	fault = fault_add(faults, FAULT_WARNS, ERRCODE_UNDEFINED_OBJECT, place,
					  psprintf("commentary.%s has lost its primary key", name));
	fault->hint = psprintf("ALTER TABLE commentary.%s ADD PRIMARY KEY (%s).", name, keys[place]);
}

static void
check_columns(List **faults, MapPlace place, TupleDesc desc, const ColumnMap *map)
{
	for (int i = 0; i < MAX_MAPPED_COLUMNS; i++)
	{
		WantedColumn wanted = shape_column(place, i);

		if (wanted.name != NULL && !(wanted.is_newer && map->is_older))
			check_column(faults, place, wanted,
						 map->attnos[i] == 0 ? NULL : TupleDescAttr(desc, map->attnos[i] - 1));
	}
}

static void
check_column(List **faults, MapPlace place, WantedColumn wanted, Form_pg_attribute attribute)
{
	Fault *fault;

	if (attribute == NULL)
		fault = add_missing(faults, place, wanted);
	else if (attribute->atttypid != wanted.type || attribute->atttypmod != -1)
		fault = add_retyped(faults, place, wanted, attribute);
	else if (attribute->attgenerated)
		fault = add_generated(faults, place, wanted);
	else
		return;
	fault->column = wanted.name;
	fault->stops = fault->stops || (wanted.is_own && fault->sqlstate != ERRCODE_DATATYPE_MISMATCH);
}

static Fault *
add_missing(List **faults, MapPlace place, WantedColumn wanted)
{
	Fault *fault = fault_add(faults, column_effect(place), ERRCODE_UNDEFINED_COLUMN, place,
							 psprintf("column \"%s\" of commentary.%s is missing", wanted.name,
									  shape_name(place)));

	fault->detail = "It was dropped or renamed, and commentary needs it by this name.";
	fault->hint = psprintf("If it was renamed: ALTER %s commentary.%s RENAME COLUMN its_new_name TO %s.",
						   place == MAP_FEED ? "VIEW" : "TABLE", shape_name(place), wanted.name);
	return fault;
}

static Fault *
add_retyped(List **faults, MapPlace place, WantedColumn wanted, Form_pg_attribute attribute)
{
	const char *type = format_type_be(wanted.type);
	const char *other = format_type_with_typemod(attribute->atttypid, attribute->atttypmod);
	Fault *fault = fault_add(faults, column_effect(place), ERRCODE_DATATYPE_MISMATCH, place,
							 psprintf("column \"%s\" of commentary.%s has type %s instead of %s",
									  wanted.name, shape_name(place), other, type));

	fault->detail = "Its values could not be kept as they are given.";
	fault->hint = place == MAP_FEED
					  ? "Make the view again with that type."
					  : psprintf("ALTER TABLE commentary.%s ALTER COLUMN %s TYPE %s.",
								 shape_name(place), wanted.name, type);
	return fault;
}

static Fault *
add_generated(List **faults, MapPlace place, WantedColumn wanted)
{
	Fault *fault = fault_add(faults, column_effect(place), ERRCODE_GENERATED_ALWAYS, place,
							 psprintf("column \"%s\" of commentary.%s is generated", wanted.name,
									  shape_name(place)));

	fault->detail = "What is given for it could not be stored.";
	fault->hint = psprintf("ALTER TABLE commentary.%s ALTER COLUMN %s DROP EXPRESSION.",
						   shape_name(place), wanted.name);
	return fault;
}

/*
 * PostgreSQL converts what it can between rejected rows and ours: it is for rare use.  Without
 * its epoch the flusher numbers nothing.
 */
static FaultEffect
column_effect(MapPlace place)
{
	if (place == MAP_EPOCH)
		return FAULT_HOLDS;
	return is_apart(place) ? FAULT_WARNS : FAULT_REFUSES;
}

/* No entry passes it on its way. */
static bool
is_apart(MapPlace place)
{
	return place >= MAP_REJECTED && place < MAP_STAGING;
}

static void
check_indexes(List **faults, MapPlace place, const ColumnMap *map)
{
	const char *name = shape_name(place);

	for (int i = 0; i < NUM_MAP_INDEXES; i++)
	{
		Fault *fault;

		if (!index_finder_wants(place, i) || OidIsValid(map->indexes[i]))
			continue;
		fault = fault_add(faults, FAULT_REFUSES, ERRCODE_UNDEFINED_OBJECT, place,
						  psprintf("commentary.%s has lost an index", name));
		fault->detail = "Without it, no entry can be numbered or told from another.";
		fault->hint = psprintf("%s.", index_finder_statement(place, i));
	}
}
