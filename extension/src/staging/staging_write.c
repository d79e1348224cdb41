/*
 * staging_write.c
 *		The staging segments as writers use them: takes stage numbers and writes rows.
 *
 * The only thing that writers share here is the counter of stage numbers.  A transaction takes
 * all numbers that it needs at once.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/heaptoast.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/catalog.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/settings.h"
#include "staging/staging.h"
#include "tables/column_map.h"
#include "tables/relations.h"

/* Rows that one heap_multi_insert() takes, as COPY does it (copyfrom.c). */
#define ROWS_AT_ONCE  500
#define BYTES_AT_ONCE 65535

/* What an earlier run of the server left in the segments. */
typedef struct Leftover
{
	int64 max_stage_no;			/* 0: nothing */
	uint32 newest[NUM_RINGS];	/* for each ring, the segment that has the newest row */
	int64 newest_no[NUM_RINGS]; /* the stage number of that row */
} Leftover;

/* A segment while rows are written to it. */
typedef struct Writer
{
	Relation segment;
	const ColumnMap *map;
	int options; /* of heap_insert() */
	bool is_in_bulk;
	MemoryContext context; /* for the tuples; reset with each piece */
	TupleTableSlot *slots[ROWS_AT_ONCE];
	int num_slots;
	int num_rows;
	Size bytes;
} Writer;

static Leftover find_leftover(void);
static int64 number_beyond_all(void);
static void look_through(Relation segment, uint32 number, Leftover *leftover);
static int64 stage_no_of(HeapTuple tuple, Relation segment, AttrNumber attno);
static void open_writer(DatabaseState *db, Ring ring, Writer *writer);
static Relation open_segment(DatabaseState *db, Ring ring, uint32 *number);
static void lock_in_time(Oid segment);
static void close_writer(Writer *writer);
static void write_row(Writer *writer, EntryRow *row, int64 stage_no);
static void write_single(Writer *writer, HeapTuple tuple);
static void add_to_piece(Writer *writer, HeapTuple tuple);
static void write_piece(Writer *writer);

void
staging_require(DatabaseState *db)
{
	uint32 active = pg_atomic_read_u32(&db->active_segment[RING_UNLOGGED]);

	staging_number(db);
	column_map_require(MAP_LOG, relations_get()->entry);
	column_map_require(MAP_STAGING + active, relations_get()->staging[active]);
}

bool
staging_has_logged_ring(void)
{
	return OidIsValid(relations_get()->staging[FIRST_SEGMENT(RING_LOGGED)]);
}

/*
 * No session stages rows before is_numbered is set, so the segments are read without a lock.  If
 * two sessions read them at the same time, the first one sets the numbers.  A standby has rows of
 * its primary in the logged ring, and stages none before its promotion: this runs after it.
 */
void
staging_number(DatabaseState *db)
{
	Leftover leftover;

	if (likely(pg_atomic_read_u32(&db->is_numbered) != 0))
		return;
	Assert(!RecoveryInProgress());
	leftover = find_leftover();
	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	if (pg_atomic_read_u32(&db->is_numbered) == 0)
	{
		db->leftover_stage_no = leftover.max_stage_no;
		pg_atomic_write_u64(&db->next_stage_no, leftover.max_stage_no + 1);
		pg_atomic_write_u64(&db->drained_stage_no, leftover.max_stage_no);
		for (int i = 0; i < NUM_RINGS; i++)
			pg_atomic_write_u32(&db->active_segment[i], leftover.newest[i]);
		pg_atomic_write_u32(&db->segments_used, ALL_SEGMENTS);
		pg_write_barrier();
		pg_atomic_write_u32(&db->is_numbered, 1);
	}
	LWLockRelease(CommentaryShared->lock);
}

static Leftover
find_leftover(void)
{
	Leftover leftover = { 0 };
	uint32 count = relations_num_segments();

	for (int i = 0; i < NUM_RINGS; i++)
		leftover.newest[i] = FIRST_SEGMENT(i);
	for (uint32 i = 0; i < count; i++)
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

/* Rows are counted from 1 on, so rows that cannot be read have smaller numbers than a time. */
static int64
number_beyond_all(void)
{
	return GetCurrentTimestamp();
}

/* Looks at dead rows as well, because no stage number may be given twice. */
static void
look_through(Relation segment, uint32 number, Leftover *leftover)
{
	AttrNumber attno = get_attnum(RelationGetRelid(segment), "stage_no");
	Ring ring = RING_OF(number);
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

		leftover->max_stage_no = Max(leftover->max_stage_no, stage_no);
		if (stage_no <= leftover->newest_no[ring])
			continue;
		leftover->newest_no[ring] = stage_no;
		leftover->newest[ring] = number;
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

void
staging_write(DatabaseState *db, Ring ring, RowStore *store)
{
	int64 count = row_store_count(store);
	int64 stage_no;
	Writer writer;
	EntryRow row;

	open_writer(db, ring, &writer); /* before the numbers, since it may wait for a lock */
	stage_no = (int64) pg_atomic_fetch_add_u64(&db->next_stage_no, count);
	writer.is_in_bulk = count > 1 && (writer.options & HEAP_INSERT_NO_LOGICAL) == 0;
	row_store_rewind(store);
	while (row_store_next(store, &row))
		write_row(&writer, &row, stage_no++);
	close_writer(&writer);
}

void
staging_write_row(DatabaseState *db, Ring ring, EntryRow *row)
{
	Writer writer;
	int64 stage_no;

	open_writer(db, ring, &writer);
	stage_no = (int64) pg_atomic_fetch_add_u64(&db->next_stage_no, 1);
	write_row(&writer, row, stage_no);
	close_writer(&writer);
}

/*
 * Subscribers must get entries and not staged rows.  So rows of a logged segment are hidden from
 * logical decoding (HEAP_INSERT_NO_LOGICAL), which heap_multi_insert() does not support.
 */
static void
open_writer(DatabaseState *db, Ring ring, Writer *writer)
{
	uint32 number;

	writer->segment = open_segment(db, ring, &number);
	writer->map = column_map(MAP_STAGING + number, writer->segment);
	writer->options =
		RelationIsLogicallyLogged(writer->segment) ? HEAP_INSERT_NO_LOGICAL : 0;
	writer->is_in_bulk = false;
	writer->context = AllocSetContextCreate(CurrentMemoryContext, "commentary staging",
											ALLOCSET_DEFAULT_SIZES);
	writer->num_slots = writer->num_rows = 0;
	writer->bytes = 0;
}

/*
 * Opens and locks the active segment of the ring, or another one when a session has locked it.
 * Any segment will do: none is truncated while we hold our lock or while it has rows, and the
 * order of rows comes from their stage numbers.
 */
static Relation
open_segment(DatabaseState *db, Ring ring, uint32 *number)
{
	const Relations *relations = relations_get();
	uint32 active = pg_atomic_read_u32(&db->active_segment[ring]);

	*number = active;
	while (!ConditionalLockRelationOid(relations->staging[*number], RowExclusiveLock))
	{
		*number = FIRST_SEGMENT(ring) + (*number + 1) % RING_SEGMENTS;
		if (*number == active)
		{
			lock_in_time(relations->staging[active]);
			break;
		}
	}
	if ((pg_atomic_read_u32(&db->segments_used) & SEGMENT_BIT(*number)) == 0)
		pg_atomic_fetch_or_u32(&db->segments_used, SEGMENT_BIT(*number));
	return relations_open(relations->staging[*number], NoLock);
}

/* statement_timeout does not apply during COMMIT, so limit the wait for the lock here. */
static void
lock_in_time(Oid segment)
{
	int before = LockTimeout;

	if (LockTimeout == 0 || LockTimeout > commentary_staging_timeout_ms)
		LockTimeout = commentary_staging_timeout_ms;
	PG_TRY();
	{
		LockRelationOid(segment, RowExclusiveLock);
	}
	PG_FINALLY();
	{
		LockTimeout = before;
	}
	PG_END_TRY();
}

/* Keeps the lock until the end of the transaction; rotation.c depends on that. */
static void
close_writer(Writer *writer)
{
	write_piece(writer);
	for (int i = 0; i < writer->num_slots; i++)
		ExecDropSingleTupleTableSlot(writer->slots[i]);
	MemoryContextDelete(writer->context);
	table_close(writer->segment, NoLock);
}

static void
write_row(Writer *writer, EntryRow *row, int64 stage_no)
{
	Datum values[MaxHeapAttributeNumber];
	bool isnull[MaxHeapAttributeNumber];
	MemoryContext old;
	HeapTuple tuple;

	row->values[COL_STAGE_NO] = Int64GetDatum(stage_no);
	row->isnull[COL_STAGE_NO] = false;
	column_map_write(writer->map, row, values, isnull);
	old = MemoryContextSwitchTo(writer->context);
	tuple = heap_form_tuple(RelationGetDescr(writer->segment), values, isnull);
	MemoryContextSwitchTo(old);
	if (writer->is_in_bulk)
		add_to_piece(writer, tuple);
	else
		write_single(writer, tuple);
}

static void
write_single(Writer *writer, HeapTuple tuple)
{
	bool may_need_toast = tuple->t_len > TOAST_TUPLE_THRESHOLD;

	/* During COMMIT there is no active snapshot any more, and TOAST may need one. */
	if (may_need_toast)
		PushActiveSnapshot(GetTransactionSnapshot());
	heap_insert(writer->segment, tuple, GetCurrentCommandId(true), writer->options, NULL);
	if (may_need_toast)
		PopActiveSnapshot();
	MemoryContextReset(writer->context);
}

static void
add_to_piece(Writer *writer, HeapTuple tuple)
{
	if (writer->num_rows == writer->num_slots)
		writer->slots[writer->num_slots++] =
			MakeSingleTupleTableSlot(RelationGetDescr(writer->segment), &TTSOpsHeapTuple);
	ExecStoreHeapTuple(tuple, writer->slots[writer->num_rows++], false);
	writer->bytes += tuple->t_len;
	if (writer->num_rows == ROWS_AT_ONCE || writer->bytes > BYTES_AT_ONCE)
		write_piece(writer);
}

static void
write_piece(Writer *writer)
{
	MemoryContext old;

	if (writer->num_rows == 0)
		return;
	PushActiveSnapshot(GetTransactionSnapshot());
	old = MemoryContextSwitchTo(writer->context);
	heap_multi_insert(writer->segment, writer->slots, writer->num_rows,
					  GetCurrentCommandId(true), writer->options, NULL);
	MemoryContextSwitchTo(old);
	PopActiveSnapshot();
	for (int i = 0; i < writer->num_rows; i++)
		ExecClearTuple(writer->slots[i]);
	writer->num_rows = 0;
	writer->bytes = 0;
	MemoryContextReset(writer->context);
}
