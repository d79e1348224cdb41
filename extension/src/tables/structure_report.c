/*
 * structure_report.c
 *		structure_faults(): what somebody has altered, for commentary.check().
 *
 * It looks at the catalogs only, and waits for no lock: a table that is being altered
 * is reported as such.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "funcapi.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "tables/index_finder.h"
#include "tables/structure.h"

PG_FUNCTION_INFO_V1(commentary_structure_faults);

#define NUM_FAULT_COLUMNS 5

static void report_place(ReturnSetInfo *result, MapPlace place, Oid schema);
static void report_relation(ReturnSetInfo *result, MapPlace place, Oid relation_id);
static void report_faults(ReturnSetInfo *result, const List *faults);
static void report(ReturnSetInfo *result, MapPlace place, const char *finding, const char *to_do);
static void put(ReturnSetInfo *result, const char *relation, const char *column,
				FaultEffect effect, const char *finding, const char *to_do);
static Datum text_or_null(const char *words, bool *isnull);

/* structure_faults(OUT relation, OUT column_name, OUT effect, OUT finding, OUT to_do) */
Datum
commentary_structure_faults(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid schema = get_namespace_oid("commentary", true);

	InitMaterializedSRF(fcinfo, 0);
	for (int place = 0; place < NUM_MAPS && OidIsValid(schema); place++)
		report_place(result, place, schema);
	return (Datum) 0;
}

static void
report_place(ReturnSetInfo *result, MapPlace place, Oid schema)
{
	const char *name = shape_name(place);
	Oid relation = get_relname_relid(name, schema);

	if (!OidIsValid(relation))
		report(result, place, psprintf("commentary.%s is missing", name),
			   psprintf("Bring it back under this name: ALTER TABLE ... RENAME TO %s, or SET SCHEMA commentary.", name));
	else if (getExtensionOfObject(RelationRelationId, relation) !=
			 get_extension_oid("commentary", true))
		report(result, place, psprintf("commentary.%s does not belong to the extension", name),
			   "Bring back the one that the extension made.");
	else if (ConditionalLockRelationOid(relation, AccessShareLock))
		report_relation(result, place, relation);
	else
		put(result, name, NULL, FAULT_NOTED,
			psprintf("commentary.%s is locked by somebody, and could not be looked at", name),
			"See pg_locks, and look again.");
}

static void
report_relation(ReturnSetInfo *result, MapPlace place, Oid relation_id)
{
	Relation relation = relation_open(relation_id, NoLock);
	ColumnMap map;

	shape_find_columns(place, RelationGetDescr(relation), &map);
	index_finder_find(place, relation, &map);
	report_faults(result, structure_faults(place, relation, &map));
	relation_close(relation, AccessShareLock);
}

static void
report_faults(ReturnSetInfo *result, const List *faults)
{
	const ListCell *cell;

	foreach (cell, faults)
	{
		const Fault *fault = lfirst(cell);

		put(result, fault->relation, fault->column, fault->effect,
			fault->detail == NULL ? fault->message
								  : psprintf("%s. %s", fault->message, fault->detail),
			fault->hint);
	}
}

static void
report(ReturnSetInfo *result, MapPlace place, const char *finding, const char *to_do)
{
	bool is_needed = place < MAP_REJECTED || place == MAP_EPOCH || place >= MAP_STAGING;

	put(result, shape_name(place), NULL, is_needed ? FAULT_REFUSES : FAULT_WARNS, finding, to_do);
}

static void
put(ReturnSetInfo *result, const char *relation, const char *column, FaultEffect effect,
	const char *finding, const char *to_do)
{
	static const char *const effects[] = {
		[FAULT_REFUSES] = "inserts fail",
		[FAULT_HOLDS] = "the flusher waits",
		[FAULT_WARNS] = "warning",
		[FAULT_NOTED] = "note",
	};
	Datum values[NUM_FAULT_COLUMNS];
	bool isnull[NUM_FAULT_COLUMNS];

	values[0] = text_or_null(relation, &isnull[0]);
	values[1] = text_or_null(column, &isnull[1]);
	values[2] = text_or_null(effects[effect], &isnull[2]);
	values[3] = text_or_null(finding, &isnull[3]);
	values[4] = text_or_null(to_do, &isnull[4]);
	tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
}

static Datum
text_or_null(const char *words, bool *isnull)
{
	*isnull = words == NULL;
	return words == NULL ? (Datum) 0 : CStringGetTextDatum(words);
}
