/*
 * staging.c
 *		The staging segments as the flusher uses them: reads rows and deletes them.
 *
 * The order of rows does not depend on their segments: all visible rows are collected (scan.c)
 * and sorted by stage number before any of them is flushed.  rotation.c decides which segment
 * writers use next.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/tableam.h"
#include "storage/lmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"

#include "staging/staging.h"
#include "tables/column_map.h"
#include "tables/relations.h"

static TupleTableSlot *slot_of(Segments *segments, const StagedRef *ref);

int64
staging_size_bytes(void)
{
	uint32 count = relations_num_segments();
	int64 bytes = 0;

	for (uint32 i = 0; i < count; i++)
	{
		Oid segment = relations_segment(i);

		if (!OidIsValid(segment) || !ConditionalLockRelationOid(segment, AccessShareLock))
			return -1;
		bytes += DatumGetInt64(DirectFunctionCall1(pg_total_relation_size,
												   ObjectIdGetDatum(segment)));
	}
	return bytes;
}

uint32
staging_used(DatabaseState *db)
{
	return pg_atomic_read_u32(&db->segments_used);
}

void
staging_open(DatabaseState *db, Segments *segments)
{
	const Relations *relations = relations_get();
	uint32 used = staging_used(db);

	segments->context = CurrentMemoryContext;
	for (int i = 0; i < NUM_SEGMENTS; i++)
	{
		bool is_there = (used & SEGMENT_BIT(i)) != 0 && OidIsValid(relations->staging[i]);

		segments->relations[i] =
			is_there ? relations_open(relations->staging[i], RowExclusiveLock) : NULL;
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
		if (segments->relations[i] != NULL)
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
	 * The row was found under an earlier snapshot, and only the flusher deletes rows, so it is
	 * still there, unless DDL has rewritten the segment between two transactions of the flusher.
	 * Then another row may be in its place.
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
			 errdetail("commentary.%s was rewritten meanwhile.", RelationGetRelationName(segment)),
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

/* Makes the slot at its first use: most batches come from one segment. */
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
}
