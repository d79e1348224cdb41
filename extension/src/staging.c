/*
 * staging.c
 *		The staging segments: put, collect, delete, rotate.
 *
 * A table that is written and drained all the time grows without end: vacuum
 * frees only what no snapshot can still see, and truncating needs a moment in
 * which no writer holds its lock, which under load never comes.  With a ring
 * of segments it comes: writers move on to the next one, the old one's locks
 * go away with their transactions, and then it is truncated whole.  Nobody
 * reads staging but the flusher, so that old snapshots do not matter.
 *
 * The order of rows does not depend on the segment that they are in: all that
 * is visible is collected, and sorted by stage number, before any of it is
 * flushed.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/heap.h"
#include "catalog/pg_class.h"
#include "common/int.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

#include "ack.h"
#include "relations.h"
#include "settings.h"
#include "staging.h"

#define FIRST_REFS 256

static Relation open_active_segment(DatabaseState *db);
static int compare_refs(const void *a, const void *b);
static int64 scan_segment(Relation segment, Snapshot snapshot, int64 *max_stage_no);
static void begin_rotation(void);
static void truncate_drained_segments(const DatabaseState *db);
static bool truncate_segment(Oid segment);
static bool has_rows(Relation segment);
static void advance_active_segment(DatabaseState *db);
static BlockNumber segment_blocks(Oid segment);

int64
staging_put(EntryRow *row)
{
	DatabaseState *db = shared_database();
	int64 stage_no = (int64) pg_atomic_fetch_add_u64(&db->next_stage_no, 1);
	Relation segment = open_active_segment(db);
	HeapTuple tuple;

	row->values[COL_STAGE_NO] = Int64GetDatum(stage_no);
	row->isnull[COL_STAGE_NO] = false;
	tuple = heap_form_tuple(RelationGetDescr(segment), row->values, row->isnull);
	simple_heap_insert(segment, tuple);
	heap_freetuple(tuple);

	/* The lock stays until the end of the transaction: see truncate_segment. */
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
		int64 max_stage_no = 0;

		if (RelationGetNumberOfBlocks(segment) > 0)
			scan_segment(segment, SnapshotAny, &max_stage_no);
		if (max_stage_no > leftover.max_stage_no)
		{
			leftover.max_stage_no = max_stage_no;
			leftover.newest_segment = i;
		}
		table_close(segment, AccessShareLock);
	}
	return leftover;
}

/* The number of rows that the snapshot sees, and the largest stage number. */
static int64
scan_segment(Relation segment, Snapshot snapshot, int64 *max_stage_no)
{
	TableScanDesc scan = table_beginscan(segment, snapshot, 0, NULL);
	int64 rows = 0;
	HeapTuple tuple;

	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		bool isnull;
		int64 stage_no = DatumGetInt64(heap_getattr(tuple, COL_ATTNO(COL_STAGE_NO),
													RelationGetDescr(segment), &isnull));

		*max_stage_no = Max(*max_stage_no, stage_no);
		rows++;
	}
	table_endscan(scan);
	return rows;
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

int64
staging_collect(Segments *segments, StagedRef **refs)
{
	int64 capacity = FIRST_REFS;
	int64 count = 0;

	*refs = palloc(capacity * sizeof(StagedRef));
	for (uint16 i = 0; i < NUM_SEGMENTS; i++)
	{
		Relation segment = segments->relations[i];
		TableScanDesc scan;
		HeapTuple tuple;

		if (RelationGetNumberOfBlocks(segment) == 0)
			continue;
		scan = table_beginscan(segment, GetActiveSnapshot(), 0, NULL);
		while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
		{
			StagedRef *ref;
			bool isnull;

			if (count == capacity)
			{
				capacity *= 2;
				*refs = repalloc_huge(*refs, capacity * sizeof(StagedRef));
			}
			ref = &(*refs)[count++];
			ref->stage_no = DatumGetInt64(heap_getattr(tuple, COL_ATTNO(COL_STAGE_NO),
													   RelationGetDescr(segment), &isnull));
			ref->tid = tuple->t_self;
			ref->segment = i;
		}
		table_endscan(scan);
	}
	qsort(*refs, count, sizeof(StagedRef), compare_refs);
	return count;
}

static int
compare_refs(const void *a, const void *b)
{
	int64 left = ((const StagedRef *) a)->stage_no;
	int64 right = ((const StagedRef *) b)->stage_no;

	return (left > right) - (left < right);
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

void
staging_rotate(DatabaseState *db)
{
	const Relations *relations;

	begin_rotation();
	relations = relations_get();
	truncate_drained_segments(db);
	if (segment_blocks(relations->staging[pg_atomic_read_u32(&db->active_segment)]) >=
		(BlockNumber) commentary_segment_blocks)
		advance_active_segment(db);
	PopActiveSnapshot();
	CommitTransactionCommand();
}

/*
 * The exclusive lock of a truncation is logged for standbys (lock.c), and so
 * its commit would be fsynced.  Nothing is lost with it: do not wait for that.
 */
static void
begin_rotation(void)
{
	StartTransactionCommand();
	(void) set_config_option("synchronous_commit", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	PushActiveSnapshot(GetTransactionSnapshot());
}

static void
truncate_drained_segments(const DatabaseState *db)
{
	const Relations *relations = relations_get();

	for (uint32 i = 0; i < NUM_SEGMENTS; i++)
	{
		if (i != pg_atomic_read_u32(&((DatabaseState *) db)->active_segment) &&
			segment_blocks(relations->staging[i]) > 0)
			truncate_segment(relations->staging[i]);
	}
}

/*
 * Empties a segment if that is possible at once.  With the exclusive lock in
 * hand no transaction that wrote to it is under way, since writers keep their
 * lock to the end; what they committed and we have not flushed, a fresh
 * snapshot shows.
 */
static bool
truncate_segment(Oid segment_id)
{
	Relation segment;
	bool is_drained;

	if (!ConditionalLockRelationOid(segment_id, AccessExclusiveLock))
		return false;
	segment = table_open(segment_id, NoLock);
	is_drained = !has_rows(segment);
	if (is_drained)
		heap_truncate_one_rel(segment);
	table_close(segment, NoLock);
	return is_drained;
}

static bool
has_rows(Relation segment)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	int64 max_stage_no = 0;
	int64 rows = scan_segment(segment, snapshot, &max_stage_no);

	UnregisterSnapshot(snapshot);
	return rows > 0;
}

/*
 * The next segment must be empty, so that it can grow to its full size.  When
 * none is, writers stay where they are, and the next flush tries again.
 */
static void
advance_active_segment(DatabaseState *db)
{
	const Relations *relations = relations_get();
	uint32 active = pg_atomic_read_u32(&db->active_segment);

	for (uint32 i = 1; i < NUM_SEGMENTS; i++)
	{
		uint32 next = (active + i) % NUM_SEGMENTS;

		if (segment_blocks(relations->staging[next]) == 0)
		{
			pg_atomic_write_u32(&db->active_segment, next);
			return;
		}
	}
}

static BlockNumber
segment_blocks(Oid segment_id)
{
	Relation segment = table_open(segment_id, AccessShareLock);
	BlockNumber blocks = RelationGetNumberOfBlocks(segment);

	table_close(segment, AccessShareLock);
	return blocks;
}
