/*
 * hole.c
 *		Finds holes in the log: entries that somebody has removed by force.
 *
 * It looks at the newest entries of the newest matches.  It reads through the indexes and runs
 * no query: commentary.check() runs with the rights of a superuser, and the planner calls
 * functions that the owner of a table has put into its indexes.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"

#include "shared/head.h"
#include "tables/column_map.h"
#include "tables/relations.h"

PG_FUNCTION_INFO_V1(commentary_recent_holes);
PG_FUNCTION_INFO_V1(commentary_written_heads);

/* Limits, so that check() answers soon. */
#define MAX_LOOKED_AT 10000
#define MAX_MATCHES	  100
#define MAX_ENTRIES	  1000

static void look_at_matches(ReturnSetInfo *result, Relation entry);
static bool has_begun(Relation match, HeapTuple tuple, const ColumnMap *map);
static void look_at_log(ReturnSetInfo *result, Relation entry, int64 match_id);
static bool has_hole(Relation entry, int64 match_id);
static int64 written_head(Oid log, int64 match_id);

/* recent_holes() RETURNS SETOF bigint: the matches that have one; 0 is the lobby */
Datum
commentary_recent_holes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation entry;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	entry = relations_open(relations_get()->entry, AccessShareLock);
	look_at_log(result, entry, LOBBY_MATCH_ID);
	look_at_matches(result, entry);
	table_close(entry, AccessShareLock);
	return (Datum) 0;
}

/* written_heads(OUT match_id bigint, OUT seq bigint) RETURNS SETOF record */
Datum
commentary_written_heads(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	DatabaseState *db = shared_database_if_known();
	Oid log = relations_get()->entry;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; db != NULL && i < NUM_HEADS; i++)
	{
		int64 match_id = db->heads[i].match_id;
		int64 seq = head_of(db, log, match_id);
		Datum values[] = { Int64GetDatum(match_id), Int64GetDatum(seq) };
		bool isnull[] = { false, false };

		/* Skip empty places, whose match_id 0 is also that of the lobby.  The lobby has place 0. */
		if (seq > 0 && (i == 0 || match_id != LOBBY_MATCH_ID))
			tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
	}
	return (Datum) 0;
}

static void
look_at_matches(ReturnSetInfo *result, Relation entry)
{
	Relation match = relations_open(relations_get()->match, AccessShareLock);
	const ColumnMap *map = column_map(MAP_MATCH, match);
	Relation index = index_open(map->indexes[INDEX_KEY], AccessShareLock);
	SysScanDesc scan = systable_beginscan_ordered(match, index, GetActiveSnapshot(), 0, NULL);
	int looked_at = 0;
	int matches = 0;
	HeapTuple tuple;

	while (looked_at++ < MAX_LOOKED_AT && matches < MAX_MATCHES &&
		   HeapTupleIsValid(tuple = systable_getnext_ordered(scan, BackwardScanDirection)))
	{
		bool isnull;

		if (!has_begun(match, tuple, map))
			continue;
		matches++;
		look_at_log(result, entry,
					DatumGetInt64(heap_getattr(tuple, map->attnos[MATCH_ID],
											   RelationGetDescr(match), &isnull)));
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(match, AccessShareLock);
}

/* A scheduled match has one entry only, its state, so it is not looked at. */
static bool
has_begun(Relation match, HeapTuple tuple, const ColumnMap *map)
{
	bool isnull;
	Datum status = heap_getattr(tuple, map->attnos[MATCH_STATUS_WORD], RelationGetDescr(match),
								&isnull);

	return isnull || strcmp(TextDatumGetCString(status), "scheduled") != 0;
}

static void
look_at_log(ReturnSetInfo *result, Relation entry, int64 match_id)
{
	Datum value = Int64GetDatum(match_id);
	bool isnull = false;

	CHECK_FOR_INTERRUPTS();
	if (has_hole(entry, match_id))
		tuplestore_putvalues(result->setResult, result->setDesc, &value, &isnull);
}

/*
 * Without a hole, the newest entry is at least the newest that the flusher has written, and from
 * there backwards each seq is one less, down to 1.  The log of the lobby may begin later: see
 * commentary.purge_lobby().
 */
static bool
has_hole(Relation entry, int64 match_id)
{
	const ColumnMap *map = column_map(MAP_LOG, entry);
	Relation index = index_open(map->indexes[INDEX_KEY], AccessShareLock);
	int64 written_seq = written_head(RelationGetRelid(entry), match_id);
	int64 expected = 0; /* not known for the newest entry */
	bool is_found = false;
	int entries = 0;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple tuple;

	ScanKeyInit(&key, map->attnos[COL_MATCH_ID], BTEqualStrategyNumber, F_INT8EQ,
				Int64GetDatum(match_id));
	scan = systable_beginscan_ordered(entry, index, GetActiveSnapshot(), 1, &key);
	while (!is_found && entries < MAX_ENTRIES &&
		   HeapTupleIsValid(tuple = systable_getnext_ordered(scan, BackwardScanDirection)))
	{
		bool isnull;
		int64 seq = DatumGetInt64(heap_getattr(tuple, map->attnos[COL_SEQ],
											   RelationGetDescr(entry), &isnull));

		is_found = entries++ > 0 ? seq != expected : seq < written_seq;
		expected = seq - 1;
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	return is_found || (entries == 0 && written_seq > 0) ||
		   (entries > 0 && entries < MAX_ENTRIES && expected != 0 && match_id != LOBBY_MATCH_ID);
}

/* 0: not known. */
static int64
written_head(Oid log, int64 match_id)
{
	DatabaseState *db = shared_database_if_known();

	return db == NULL ? 0 : head_of(db, log, match_id);
}
