/*
 * staging.c
 *		The staging segments: put, fetch, delete.
 *
 * The order of rows does not depend on the segment that they are in: all that
 * is visible is collected (scan.c), and sorted by stage number, before any of
 * it is flushed.  How segments follow each other is in rotation.c.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xlog.h"
#include "storage/bufmgr.h"
#include "utils/fmgrprotos.h"

#include "ack.h"
#include "relations.h"
#include "room.h"
#include "staging.h"

static Relation open_active_segment(DatabaseState *db);
static void look_through(Relation segment, uint32 number, StagingLeftover *leftover);

int64
staging_put(EntryRow *row)
{
	DatabaseState *db = shared_database();
	Relation segment;
	HeapTuple tuple;
	int64 stage_no;

	room_wait(db);
	stage_no = (int64) pg_atomic_fetch_add_u64(&db->next_stage_no, 1);
	segment = open_active_segment(db);
	row->values[COL_STAGE_NO] = Int64GetDatum(stage_no);
	row->isnull[COL_STAGE_NO] = false;
	tuple = heap_form_tuple(RelationGetDescr(segment), row->values, row->isnull);
	simple_heap_insert(segment, tuple);
	heap_freetuple(tuple);

	/* The lock stays until the end of the transaction: see rotation.c. */
	table_close(segment, NoLock);
	ack_note_staged(db);
	return stage_no;
}

/*
 * Opens and locks the segment that is active.  The flusher may move on between
 * the look and the lock; a segment that is no longer active may be truncated
 * before we lock it, which does no harm, but may never be truncated again while
 * it holds our row, so look again.
 */
static Relation
open_active_segment(DatabaseState *db)
{
	const Relations *relations = relations_get();

	for (;;)
	{
		uint32 active = pg_atomic_read_u32(&db->active_segment);
		Relation segment = relations_open(relations->staging[active], RowExclusiveLock);

		if (pg_atomic_read_u32(&db->active_segment) == active)
			return segment;
		table_close(segment, RowExclusiveLock);
	}
}

StagingLeftover
staging_leftover(void)
{
	const Relations *relations = relations_get();
	StagingLeftover leftover = { 0 };

	/* On a standby unlogged tables have no file; they are empty when it is promoted. */
	if (RecoveryInProgress())
		return leftover;
	for (uint32 i = 0; i < NUM_SEGMENTS; i++)
	{
		Relation segment = table_open(relations->staging[i], AccessShareLock);

		if (RelationGetNumberOfBlocks(segment) > 0)
			look_through(segment, i, &leftover);
		table_close(segment, AccessShareLock);
	}
	return leftover;
}

/* Also at what is gone: a stage number is not given twice. */
static void
look_through(Relation segment, uint32 number, StagingLeftover *leftover)
{
	TableScanDesc scan = table_beginscan(segment, SnapshotAny, 0, NULL);
	HeapTuple tuple;

	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		bool isnull;
		int64 stage_no = DatumGetInt64(heap_getattr(tuple, COL_ATTNO(COL_STAGE_NO),
													RelationGetDescr(segment), &isnull));

		if (stage_no <= leftover->max_stage_no)
			continue;
		leftover->max_stage_no = stage_no;
		leftover->newest_segment = number;
	}
	table_endscan(scan);
}

int64
staging_size_bytes(void)
{
	const Relations *relations = relations_get();
	int64 bytes = 0;

	for (int i = 0; i < NUM_SEGMENTS; i++)
		bytes += DatumGetInt64(DirectFunctionCall1(pg_total_relation_size,
												   ObjectIdGetDatum(relations->staging[i])));
	return bytes;
}

void
staging_open(Segments *segments)
{
	const Relations *relations = relations_get();

	for (int i = 0; i < NUM_SEGMENTS; i++)
		segments->relations[i] = relations_open(relations->staging[i], RowExclusiveLock);
}

void
staging_close(Segments *segments)
{
	for (int i = 0; i < NUM_SEGMENTS; i++)
		table_close(segments->relations[i], NoLock);
}

void
staging_fetch(Segments *segments, const StagedRef *ref, TupleTableSlot *slot)
{
	ItemPointerData tid = ref->tid;

	/* Collected under an earlier snapshot, and only we delete: it is there. */
	if (!table_tuple_fetch_row_version(segments->relations[ref->segment], &tid,
									   SnapshotAny, slot))
		elog(ERROR, "staged row " INT64_FORMAT " is gone", ref->stage_no);
	slot_getallattrs(slot);
}

void
staging_delete(Segments *segments, const StagedRef *ref)
{
	ItemPointerData tid = ref->tid;

	simple_heap_delete(segments->relations[ref->segment], &tid);
}
