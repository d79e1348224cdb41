/*
 * lost_state.c
 *		States of matches that a crash has kept from the log.
 *
 * Read from the tables and their indexes directly: a query of ours would be planned
 * by the flusher, a superuser, and planning calls functions that the owner of a table
 * has put into its indexes.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "flush/lost_state.h"
#include "flush/reject.h"
#include "log/number.h"
#include "match/state.h"
#include "tables/relations.h"
#include "write/match_state.h"

typedef struct Search
{
	Relation match;
	Relation entry;
	const ColumnMap *map; /* of the match */
	TupleTableSlot *slot;
} Search;

static bool stage_if_lost(Search *search, HeapTuple tuple, int64 match_id);
static bool is_stored(const Jsonb *stored, Datum state);
static bool lock_row(Search *search, HeapTuple tuple);
static bool is_faulty(int64 match_id, Datum state);

int64
lost_state_stage(int64 after_match_id, int max_matches, uint64 *staged)
{
	Search search = { .match = relations_open(relations_get()->match, RowShareLock),
					  .entry = relations_open(relations_get()->entry, AccessShareLock) };
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "commentary lost state",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = CurrentMemoryContext;
	int64 last = 0;
	int found = 0;
	Relation index;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple tuple;

	search.map = column_map(MAP_MATCH, search.match);
	search.slot = table_slot_create(search.match, NULL);
	index = index_open(search.map->indexes[INDEX_KEY], AccessShareLock);
	ScanKeyInit(&key, search.map->attnos[MATCH_ID], BTGreaterStrategyNumber, F_INT8GT,
				Int64GetDatum(after_match_id));
	scan = systable_beginscan_ordered(search.match, index, GetActiveSnapshot(), 1, &key);
	while (found < max_matches &&
		   HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		bool isnull;

		MemoryContextSwitchTo(context);
		last = DatumGetInt64(heap_getattr(tuple, search.map->attnos[MATCH_ID],
										  RelationGetDescr(search.match), &isnull));
		if (stage_if_lost(&search, tuple, last))
			found++;
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	ExecDropSingleTupleTableSlot(search.slot);
	MemoryContextDelete(context);
	table_close(search.match, NoLock);
	table_close(search.entry, NoLock);
	*staged += found;
	return found < max_matches ? 0 : last;
}

/*
 * A locked row is being changed, and that change will stage its state.  Lock the other
 * rows here, so that no older state comes after a newer one.
 */
static bool
stage_if_lost(Search *search, HeapTuple tuple, int64 match_id)
{
	Jsonb *stored = number_stored_state(search->entry, match_id);
	TupleDesc desc = RelationGetDescr(search->match);
	Datum state = match_state_of(tuple, desc, search->map, true);

	if (is_stored(stored, state))
		return false;

	/*
	 * Before version 1.2 states had no metadata.  Matches that have ended keep theirs:
	 * an update of the extension must not tell viewers anew of every match that ever was.
	 */
	if (state_has_ended(state) &&
		is_stored(stored, match_state_of(tuple, desc, search->map, false)))
		return false;
	if (!lock_row(search, tuple) || is_faulty(match_id, state))
		return false;
	if (reject_holds_state(match_id, state))
		return false; /* a state that was set aside is not lost */
	match_state_stage(match_id, stored == NULL ? KIND_CREATED : KIND_CHANGED, state);
	return true;
}

static bool
is_stored(const Jsonb *stored, Datum state)
{
	return stored != NULL && compareJsonbContainers(unconstify(JsonbContainer *, &stored->root),
													&DatumGetJsonbP(state)->root) == 0;
}

static bool
lock_row(Search *search, HeapTuple tuple)
{
	TM_FailureData failure;
	TM_Result result = table_tuple_lock(search->match, &tuple->t_self, GetActiveSnapshot(),
										search->slot, GetCurrentCommandId(true),
										LockTupleNoKeyExclusive, LockWaitSkip, 0, &failure);

	ExecClearTuple(search->slot);
	return result == TM_Ok;
}

/* One bad row must not keep the flusher from starting. */
static bool
is_faulty(int64 match_id, Datum state)
{
	const char *fault = state_fault(match_id, state);

	if (fault != NULL)
		ereport(WARNING,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("commentary does not publish the state of match " INT64_FORMAT, match_id),
				 errdetail("%s", fault),
				 errhint("Correct the row in commentary.match; commentary.check() shows disabled triggers.")));
	return fault != NULL;
}
