/*
 * structure.c
 *		What is wrong with our relations.
 *
 * The owner of a relation may alter it.  An alteration that keeps every value right is
 * accepted: columns added, dropped before ours, in another order.  Any other is
 * reported here, with what to do.
 */
#include "postgres.h"

#include "catalog/pg_am.h"
#include "catalog/pg_inherits.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "tables/refuse.h"
#include "tables/index_finder.h"
#include "tables/structure.h"

static void check_kind(List **faults, MapPlace place, Relation relation);
static void check_inheritance(List **faults, MapPlace place, Relation relation);
static void check_persistence(List **faults, MapPlace place, Relation relation);
static void check_row_security(List **faults, MapPlace place, Relation relation);
static void check_columns(List **faults, MapPlace place, TupleDesc desc, const ColumnMap *map);
static void check_column(List **faults, MapPlace place, WantedColumn wanted,
						 Form_pg_attribute attribute);
static Fault *add_missing(List **faults, MapPlace place, WantedColumn wanted);
static Fault *add_retyped(List **faults, MapPlace place, WantedColumn wanted,
						  Form_pg_attribute attribute);
static Fault *add_generated(List **faults, MapPlace place, WantedColumn wanted);
static void check_indexes(List **faults, MapPlace place, const ColumnMap *map);
static void check_others(List **faults, MapPlace place, Relation relation, const ColumnMap *map);
static void note_others(List **faults, MapPlace place, TupleDesc desc, const ColumnMap *map);
static void check_segment(List **faults, MapPlace place, Relation relation, const ColumnMap *map);
static bool has_trigger_of_others(const TriggerDesc *triggers);
static bool has_not_null_of_others(TupleDesc desc, const ColumnMap *map);
static Fault *add_fault(List **faults, FaultEffect effect, int sqlstate, MapPlace place,
						char *message);
static FaultEffect column_effect(MapPlace place);

List *
structure_faults(MapPlace place, Relation relation, const ColumnMap *map)
{
	List *faults = NIL;

	check_kind(&faults, place, relation);
	if (faults != NIL)
		return faults;
	check_columns(&faults, place, RelationGetDescr(relation), map);
	note_others(&faults, place, RelationGetDescr(relation), map);
	if (place == MAP_FEED)
		return faults;
	check_inheritance(&faults, place, relation);
	check_persistence(&faults, place, relation);
	check_row_security(&faults, place, relation);
	check_indexes(&faults, place, map);
	if (place == MAP_LOG || place == MAP_REJECTED)
		check_others(&faults, place, relation, map);
	if (place >= MAP_STAGING)
		check_segment(&faults, place, relation, map);
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

		if (fault->effect != FAULT_REFUSES)
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
	fault = add_fault(faults, FAULT_REFUSES, ERRCODE_WRONG_OBJECT_TYPE, place,
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
	fault = add_fault(faults, place == MAP_REJECTED ? FAULT_WARNS : FAULT_REFUSES,
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
	bool may_be = place >= MAP_STAGING && RING_OF(place - MAP_STAGING) == RING_UNLOGGED;
	const char *name = shape_name(place);
	Fault *fault;

	if (is_unlogged == may_be)
		return;
	if (is_unlogged)
	{
		fault = add_fault(faults, place == MAP_LOG ? FAULT_REFUSES : FAULT_WARNS,
						  ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, place,
						  psprintf("commentary.%s is unlogged", name));
		fault->detail = place >= MAP_STAGING
							? "A crash of the server empties it, and what other tables have of the same transactions stays."
							: "A crash of the server empties it, and with it what was acknowledged as durable.";
		fault->hint = psprintf("ALTER TABLE commentary.%s SET LOGGED.", name);
		return;
	}
	fault = add_fault(faults, FAULT_WARNS, 0, place, psprintf("commentary.%s is logged", name));
	fault->hint = psprintf("ALTER TABLE commentary.%s SET UNLOGGED: each row is written to WAL twice.", name);
}

static void
check_row_security(List **faults, MapPlace place, Relation relation)
{
	const char *name = shape_name(place);
	bool is_forced = relation->rd_rel->relforcerowsecurity;
	Fault *fault;

	if (!relation->rd_rel->relrowsecurity)
		return;
	fault = add_fault(faults, is_forced && place == MAP_LOG ? FAULT_REFUSES : FAULT_NOTED,
					  ERRCODE_FEATURE_NOT_SUPPORTED, place,
					  psprintf("commentary.%s has row security%s", name, is_forced ? ", also for its owner" : ""));
	fault->detail = "The flusher is not subject to policies, like foreign keys and COPY.";
	fault->hint = is_forced && place == MAP_LOG
					  ? psprintf("ALTER TABLE commentary.%s NO FORCE ROW LEVEL SECURITY, and let a CHECK constraint say what may be stored.", name)
					  : "What a policy hides from a relay's role its viewers miss: give that role a policy that shows all.";
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
}

static Fault *
add_missing(List **faults, MapPlace place, WantedColumn wanted)
{
	Fault *fault = add_fault(faults, column_effect(place), ERRCODE_UNDEFINED_COLUMN, place,
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
	Fault *fault = add_fault(faults, column_effect(place), ERRCODE_DATATYPE_MISMATCH, place,
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
	Fault *fault = add_fault(faults, column_effect(place), ERRCODE_GENERATED_ALWAYS, place,
							 psprintf("column \"%s\" of commentary.%s is generated", wanted.name,
									  shape_name(place)));

	fault->detail = "What is given for it could not be stored.";
	fault->hint = psprintf("ALTER TABLE commentary.%s ALTER COLUMN %s DROP EXPRESSION.",
						   shape_name(place), wanted.name);
	return fault;
}

/* PostgreSQL converts what it can between rejected rows and ours: it is for rare use. */
static FaultEffect
column_effect(MapPlace place)
{
	return place == MAP_REJECTED ? FAULT_WARNS : FAULT_REFUSES;
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
		fault = add_fault(faults, FAULT_REFUSES, ERRCODE_UNDEFINED_OBJECT, place,
						  psprintf("commentary.%s has lost an index", name));
		fault->detail = "Without it, no entry can be numbered or told from another.";
		fault->hint = psprintf("%s.", index_finder_statement(place, i));
	}
}

/* Columns of others that no row of ours can satisfy, unless a trigger fills them in. */
static void
check_others(List **faults, MapPlace place, Relation relation, const ColumnMap *map)
{
	TupleDesc desc = RelationGetDescr(relation);
	const char *name = shape_name(place);

	if (relation->trigdesc != NULL && relation->trigdesc->trig_insert_before_row)
		return;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		char *column = NameStr(attribute->attname);
		Fault *fault;

		if (attribute->attisdropped || !attribute->attnotnull || attribute->atthasdef ||
			attribute->attidentity || shape_has(map, attribute->attnum) ||
			strcmp(column, "rejected_id") == 0)
			continue;
		if (place == MAP_REJECTED &&
			(strcmp(column, "sqlstate") == 0 || strcmp(column, "error") == 0))
			continue;
		fault = add_fault(faults, place == MAP_LOG ? FAULT_HOLDS : FAULT_WARNS, 0, place,
						  psprintf("column \"%s\" of commentary.%s is NOT NULL and has no default", column, name));
		fault->column = column;
		fault->hint = psprintf("ALTER TABLE commentary.%s ALTER COLUMN %s DROP NOT NULL, or SET DEFAULT.",
							   name, quote_identifier(column));
	}
}

/* Columns of others are welcome; a note helps a DBA who looks for the reason of an error. */
static void
note_others(List **faults, MapPlace place, TupleDesc desc, const ColumnMap *map)
{
	StringInfoData names;
	Fault *fault;

	if (place == MAP_REJECTED || map->num_others == 0)
		return;
	initStringInfo(&names);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (!attribute->attisdropped && !shape_has(map, attribute->attnum))
			appendStringInfo(&names, "%s%s", names.len == 0 ? "" : ", ", NameStr(attribute->attname));
	}
	fault = add_fault(faults, FAULT_NOTED, 0, place,
					  psprintf("commentary.%s has columns of others: %s", shape_name(place), names.data));
	if (place == MAP_LOG)
		fault->detail = "They get their default, generated or null value.";
	else if (place == MAP_FEED)
		fault->detail = "They can be read, and not be inserted.";
}

/* Rows are written to a segment without the executor, and read page by page. */
static void
check_segment(List **faults, MapPlace place, Relation relation, const ColumnMap *map)
{
	TupleDesc desc = RelationGetDescr(relation);
	const char *name = shape_name(place);
	const char *what = NULL;
	Fault *fault;

	if (relation->rd_rel->relhasindex && RelationGetIndexList(relation) != NIL)
		what = "an index";
	else if (has_trigger_of_others(relation->trigdesc))
		what = "a trigger or a foreign key";
	else if (desc->constr != NULL && desc->constr->num_check > 0)
		what = "a CHECK constraint";
	else if (desc->constr != NULL && desc->constr->has_generated_stored)
		what = "a generated column";
	else if (has_not_null_of_others(desc, map))
		what = "a column that is NOT NULL";
	else if (relation->rd_rel->relam != HEAP_TABLE_AM_OID)
		what = "another access method";
	if (what == NULL)
		return;
	fault = add_fault(faults, FAULT_REFUSES, ERRCODE_FEATURE_NOT_SUPPORTED, place,
					  psprintf("commentary.%s has been given %s", name, what));
	fault->detail = "Staging is private, and rows pass it in milliseconds: what is put there has no effect.";
	fault->hint = "Remove it; put constraints, indexes and triggers on commentary.entry.";
}

static bool
has_trigger_of_others(const TriggerDesc *triggers)
{
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		if (!refuse_is_called_by(&triggers->triggers[i]))
			return true;
	}
	return false;
}

static bool
has_not_null_of_others(TupleDesc desc, const ColumnMap *map)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (!attribute->attisdropped && attribute->attnotnull && !shape_has(map, attribute->attnum))
			return true;
	}
	return false;
}

static Fault *
add_fault(List **faults, FaultEffect effect, int sqlstate, MapPlace place, char *message)
{
	Fault *fault = palloc0(sizeof(Fault));

	fault->effect = effect;
	fault->sqlstate = sqlstate;
	fault->relation = shape_name(place);
	fault->message = message;
	*faults = lappend(*faults, fault);
	return fault;
}
