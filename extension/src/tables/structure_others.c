/*
 * structure_others.c
 *		What others have put on our relations: columns, indexes, triggers, constraints.
 */
#include "postgres.h"

#include "catalog/pg_am.h"
#include "utils/builtins.h"

#include "tables/own_columns.h"
#include "tables/refuse.h"
#include "tables/structure_others.h"

static bool is_of_others(MapPlace place, Form_pg_attribute attribute, const ColumnMap *map);
static bool has_trigger_of_others(const TriggerDesc *triggers);
static bool has_not_null_of_others(TupleDesc desc, const ColumnMap *map);

/* Columns of others that no row of ours can satisfy, unless a trigger fills them in. */
void
structure_check_others(List **faults, MapPlace place, Relation relation, const ColumnMap *map)
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
			attribute->attidentity || !is_of_others(place, attribute, map))
			continue;
		fault = fault_add(faults, place == MAP_LOG ? FAULT_HOLDS : FAULT_WARNS, 0, place,
						  psprintf("column \"%s\" of commentary.%s is NOT NULL and has no default", column, name));
		fault->column = column;
		fault->hint = psprintf("ALTER TABLE commentary.%s ALTER COLUMN %s DROP NOT NULL, or SET DEFAULT.",
							   name, quote_identifier(column));
	}
}

/* Functions in SQL are bound to the columns of commentary.relay by number, not by name. */
static bool
is_of_others(MapPlace place, Form_pg_attribute attribute, const ColumnMap *map)
{
	if (place == MAP_RELAY)
		return attribute->attnum > NUM_RELAY_COLUMNS;
	return !shape_has(map, attribute->attnum);
}

/* Columns of others are welcome; a note helps a DBA who looks for the reason of an error. */
void
structure_note_others(List **faults, MapPlace place, TupleDesc desc, const ColumnMap *map)
{
	StringInfoData names;
	Fault *fault;

	if (place == MAP_REJECTED || place == MAP_PURGING || map->num_others == 0)
		return;
	initStringInfo(&names);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (!attribute->attisdropped && !shape_has(map, attribute->attnum))
			appendStringInfo(&names, "%s%s", names.len == 0 ? "" : ", ", NameStr(attribute->attname));
	}
	fault = fault_add(faults, FAULT_NOTED, 0, place,
					  psprintf("commentary.%s has columns of others: %s", shape_name(place), names.data));
	if (place == MAP_LOG)
		fault->detail = "They get their default, generated or null value.";
	else if (place == MAP_FEED)
		fault->detail = "They can be read, and not be inserted.";
}

/* Rows are written to a segment without the executor, and read page by page. */
void
structure_check_segment(List **faults, MapPlace place, Relation relation, const ColumnMap *map)
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
	fault = fault_add(faults, FAULT_REFUSES, ERRCODE_FEATURE_NOT_SUPPORTED, place,
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
