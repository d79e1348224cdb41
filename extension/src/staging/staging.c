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
#include "access/sysattr.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "shared/ack.h"
#include "staging/room.h"
#include "staging/staging.h"
#include "tables/column_map.h"
#include "tables/relations.h"

static Relation open_active_segment(DatabaseState *db, uint32 *number);
static HeapTuple form_tuple(const ColumnMap *map, Relation segment, const EntryRow *row);
static TupleTableSlot *slot_of(Segments *segments, const StagedRef *ref);
static int64 stage_no_of(HeapTuple tuple, Relation segment, AttrNumber attno);
static int64 number_beyond_all(void);
static void look_through(Relation segment, uint32 number, SharedLeftover *leftover);

int64
staging_put(EntryRow *row)
{
	DatabaseState *db = shared_database();
	Relation segment;
	const ColumnMap *map;
	HeapTuple tuple;
	uint32 number;
	int64 stage_no;

	column_map_require_log();
	room_wait(db);
	stage_no = (int64) pg_atomic_fetch_add_u64(&db->next_stage_no, 1);
	segment = open_active_segment(db, &number);
	map = column_map(MAP_STAGING + number, segment);
	row->values[COL_STAGE_NO] = Int64GetDatum(stage_no);
	row->isnull[COL_STAGE_NO] = false;
	tuple = form_tuple(map, segment, row);
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
open_active_segment(DatabaseState *db, uint32 *number)
{
	const Relations *relations = relations_get();

	for (;;)
	{
		uint32 active = pg_atomic_read_u32(&db->active_segment);
		Relation segment = relations_open(relations->staging[active], RowExclusiveLock);

		*number = active;
		if (pg_atomic_read_u32(&db->active_segment) == active)
			return segment;
		table_close(segment, RowExclusiveLock);
	}
}

static HeapTuple
form_tuple(const ColumnMap *map, Relation segment, const EntryRow *row)
{
	Datum values[MaxHeapAttributeNumber];
	bool isnull[MaxHeapAttributeNumber];

	column_map_write(map, row, values, isnull);
	return heap_form_tuple(RelationGetDescr(segment), values, isnull);
}

SharedLeftover
staging_leftover(void)
{
	SharedLeftover leftover = { 0 };

	if (!relations_installed())
		(void) relations_get(); /* fails */
	/* On a standby unlogged tables have no file; they are empty when it is promoted. */
	if (RecoveryInProgress())
		return leftover;
	for (uint32 i = 0; i < NUM_SEGMENTS; i++)
	{
		Oid segment_id = relations_segment(i);
		Relation segment = OidIsValid(segment_id) ? try_table_open(segment_id, AccessShareLock)
												  : NULL;

		if (segment == NULL)
		{
			leftover.max_stage_no = number_beyond_all();
			continue;
		}
		if (RelationGetNumberOfBlocks(segment) > 0)
			look_through(segment, i, &leftover);
		table_close(segment, AccessShareLock);
	}
	return leftover;
}

/* What cannot be read now has smaller numbers than this: rows were counted from 1 on. */
static int64
number_beyond_all(void)
{
	return GetCurrentTimestamp();
}

/* Also at what is gone: a stage number is not given twice. */
static void
look_through(Relation segment, uint32 number, SharedLeftover *leftover)
{
	AttrNumber attno = get_attnum(RelationGetRelid(segment), "stage_no");
	TableScanDesc scan;
	HeapTuple tuple;

	if (attno == InvalidAttrNumber || get_atttype(RelationGetRelid(segment), attno) != INT8OID)
	{
		leftover->max_stage_no = number_beyond_all();
		return;
	}
	scan = table_beginscan(segment, SnapshotAny, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		int64 stage_no = stage_no_of(tuple, segment, attno);

		if (stage_no <= leftover->max_stage_no)
			continue;
		leftover->max_stage_no = stage_no;
		leftover->newest_segment = number;
	}
	table_endscan(scan);
}

static int64
stage_no_of(HeapTuple tuple, Relation segment, AttrNumber attno)
{
	bool isnull;
	Datum stage_no = heap_getattr(tuple, attno, RelationGetDescr(segment), &isnull);

	return isnull ? 0 : DatumGetInt64(stage_no);
}

int64
staging_size_bytes(void)
{
	int64 bytes = 0;

	for (int i = 0; i < NUM_SEGMENTS; i++)
	{
		Oid segment = relations_segment(i);

		if (!OidIsValid(segment) || !ConditionalLockRelationOid(segment, AccessShareLock))
			return -1;
		bytes += DatumGetInt64(DirectFunctionCall1(pg_total_relation_size,
												   ObjectIdGetDatum(segment)));
	}
	return bytes;
}

void
staging_open(Segments *segments)
{
	const Relations *relations = relations_get();

	segments->context = CurrentMemoryContext;
	for (int i = 0; i < NUM_SEGMENTS; i++)
	{
		segments->relations[i] = relations_open(relations->staging[i], RowExclusiveLock);
		segments->slots[i] = NULL;
	}
}

void
staging_close(Segments *segments)
{
	for (int i = 0; i < NUM_SEGMENTS; i++)
	{
		if (segments->slots[i] != NULL)
			ExecDropSingleTupleTableSlot(segments->slots[i]);
		table_close(segments->relations[i], NoLock);
	}
}

void
staging_fetch(Segments *segments, const StagedRef *ref, EntryRow *row)
{
	Relation segment = segments->relations[ref->segment];
	const ColumnMap *map = column_map(MAP_STAGING + ref->segment, segment);
	TupleTableSlot *slot = slot_of(segments, ref);
	ItemPointerData tid = ref->tid;

	/*
	 * Collected under an earlier snapshot, and only we delete, so that it is
	 * there, unless DDL has rewritten the segment between two of our
	 * transactions; then another row may stand in its place.
	 */
	if (table_tuple_fetch_row_version(segment, &tid, SnapshotAny, slot))
	{
		slot_getallattrs(slot);
		column_map_read(map, slot->tts_values, slot->tts_isnull, row);
		if (!row->isnull[COL_STAGE_NO] &&
			DatumGetInt64(row->values[COL_STAGE_NO]) == ref->stage_no)
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("staged row " INT64_FORMAT " is not where it was", ref->stage_no),
			 errdetail("commentary.staging_%d was rewritten meanwhile.", ref->segment),
			 errhint("The flusher looks for it again.")));
}

TransactionId
staging_xid(Segments *segments, const StagedRef *ref)
{
	bool isnull;

	return DatumGetTransactionId(slot_getsysattr(slot_of(segments, ref),
												 MinTransactionIdAttributeNumber, &isnull));
}

void
staging_clear(Segments *segments, const StagedRef *ref)
{
	ExecClearTuple(slot_of(segments, ref));
}

/* Slots are made as they are needed: most batches come from one segment. */
static TupleTableSlot *
slot_of(Segments *segments, const StagedRef *ref)
{
	TupleTableSlot **slot = &segments->slots[ref->segment];

	if (*slot == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(segments->context);

		*slot = MakeSingleTupleTableSlot(RelationGetDescr(segments->relations[ref->segment]),
										 &TTSOpsBufferHeapTuple);
		MemoryContextSwitchTo(old);
	}
	return *slot;
}

void
staging_delete(Segments *segments, const StagedRef *ref)
{
	ItemPointerData tid = ref->tid;

	simple_heap_delete(segments->relations[ref->segment], &tid);
	ack_note_moved(shared_database(), ref->stage_no);
}
