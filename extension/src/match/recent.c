/*
 * recent.c
 *		The newest lines of a match in the log.
 *
 * Each line that changes the score asks for them.  In a transaction with many such lines, the
 * log of a match is read once, and later only the entries that were added since.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "match/recent.h"
#include "match/standing.h"
#include "tables/column_map.h"
#include "tables/relations.h"

#define FIRST_LINES 64

static RecentLines *recent = NULL; /* in the memory of the transaction; NULL: none */

static void begin(int64 match_id);
static void forget(void *argument);
static void read_log(Relation entry, Snapshot snapshot);
static int64 read_head(Relation entry, Snapshot snapshot, int64 match_id);
static void add_entry(const EntryRow *row);
static void add_line(const EntryRow *row, int64 seq);
static void correct(RecentLine *line, const EntryRow *correction);
static RecentLine *find(int64 seq);

const RecentLines *
recent_lines(int64 match_id)
{
	Relation entry = relations_open(relations_get()->entry, AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());

	if (recent == NULL || recent->match_id != match_id)
	{
		begin(match_id);
		recent->head = Max(read_head(entry, snapshot, match_id) - RECENT_ENTRIES, 0);
	}
	read_log(entry, snapshot);
	UnregisterSnapshot(snapshot);
	table_close(entry, AccessShareLock);
	return recent;
}

bool
recent_has_score(const EntryRow *row)
{
	return !row->isnull[COL_HOME_SCORE] || !row->isnull[COL_AWAY_SCORE] ||
		   !row->isnull[COL_HOME_DISPLAY] || !row->isnull[COL_AWAY_DISPLAY];
}

static void
begin(int64 match_id)
{
	if (recent == NULL)
	{
		MemoryContextCallback *at_end = MemoryContextAllocZero(TopTransactionContext,
															   sizeof(MemoryContextCallback));

		recent = MemoryContextAllocZero(TopTransactionContext, sizeof(RecentLines));
		recent->capacity = FIRST_LINES;
		recent->lines = MemoryContextAlloc(TopTransactionContext, FIRST_LINES * sizeof(RecentLine));
		at_end->func = forget;
		MemoryContextRegisterResetCallback(TopTransactionContext, at_end);
	}
	recent->match_id = match_id;
	recent->count = 0;
}

static void
forget(void *argument)
{
	recent = NULL;
}

/* The largest seq of the match, from the end of the index; 0: it has no entries. */
static int64
read_head(Relation entry, Snapshot snapshot, int64 match_id)
{
	const ColumnMap *map = column_map(MAP_LOG, entry);
	Relation index = index_open(map->indexes[INDEX_KEY], AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	bool isnull;
	int64 head = 0;

	ScanKeyInit(&key, map->attnos[COL_MATCH_ID], BTEqualStrategyNumber, F_INT8EQ,
				Int64GetDatum(match_id));
	scan = systable_beginscan_ordered(entry, index, snapshot, 1, &key);
	tuple = systable_getnext_ordered(scan, BackwardScanDirection);
	if (HeapTupleIsValid(tuple))
		head = DatumGetInt64(
			heap_getattr(tuple, map->attnos[COL_SEQ], RelationGetDescr(entry), &isnull));
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	return head;
}

static void
read_log(Relation entry, Snapshot snapshot)
{
	const ColumnMap *map = column_map(MAP_LOG, entry);
	Relation index = index_open(map->indexes[INDEX_KEY], AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	standing_init_keys(keys, entry, recent->match_id, COL_SEQ, F_INT8GT,
					   Int64GetDatum(recent->head));
	keys[1].sk_strategy = BTGreaterStrategyNumber;
	scan = systable_beginscan_ordered(entry, index, snapshot, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		Datum values[MaxHeapAttributeNumber];
		bool isnull[MaxHeapAttributeNumber];
		EntryRow row;

		heap_deform_tuple(tuple, RelationGetDescr(entry), values, isnull);
		column_map_read(map, values, isnull, &row);
		add_entry(&row);
		recent->head = DatumGetInt64(row.values[COL_SEQ]);
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
}

/* A correction of a line that is older than all lines here is ignored. */
static void
add_entry(const EntryRow *row)
{
	RecentLine *line;

	if (column_op_is(row, OP_INSERT))
	{
		add_line(row, DatumGetInt64(row->values[COL_SEQ]));
		return;
	}
	line = row->isnull[COL_REF_SEQ] ? NULL : find(DatumGetInt64(row->values[COL_REF_SEQ]));
	if (line == NULL)
		return;
	if (column_op_is(row, OP_REINSTATE))
		*line = (RecentLine){ line->seq, line_clock_of(row), recent_has_score(row), false };
	else
		correct(line, row);
}

static void
add_line(const EntryRow *row, int64 seq)
{
	if (recent->count == recent->capacity)
	{
		recent->lines = repalloc_huge(recent->lines, 2 * recent->capacity * sizeof(RecentLine));
		recent->capacity *= 2;
	}
	recent->lines[recent->count++] =
		(RecentLine){ seq, line_clock_of(row), recent_has_score(row), false };
}

static void
correct(RecentLine *line, const EntryRow *correction)
{
	EntryRow row;

	if (column_op_is(correction, OP_RETRACT))
	{
		line->is_retracted = true;
		return;
	}
	memset(row.isnull, true, sizeof(row.isnull));
	row.values[COL_PERIOD] = Int32GetDatum(line->clock.period);
	row.values[COL_MINUTE] = Int32GetDatum(line->clock.minute);
	row.values[COL_STOPPAGE] = Int32GetDatum(line->clock.stoppage);
	row.isnull[COL_PERIOD] = line->clock.period == CLOCK_UNKNOWN;
	row.isnull[COL_MINUTE] = line->clock.minute == CLOCK_UNKNOWN;
	row.isnull[COL_STOPPAGE] = line->clock.stoppage == CLOCK_UNKNOWN;
	standing_apply(&row, correction);
	line->clock = line_clock_of(&row);
	line->has_score |= recent_has_score(&row);
}

/* Lines are in the order of their seq. */
static RecentLine *
find(int64 seq)
{
	int low = 0;
	int high = recent->count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (recent->lines[middle].seq == seq)
			return &recent->lines[middle];
		if (recent->lines[middle].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
