/*
 * row_store.c
 *		Rows that wait in memory and, beyond work_mem, in a temporary file.
 *
 * A savepoint that is rolled back removes the newest rows.  In memory they are freed.  A
 * tuplestore cannot remove rows from its end, so the ranges of removed rows in the file are
 * remembered, and reading skips them.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/tuplestore.h"

#include "base/compat.h"
#include "staging/row_store.h"

#define FIRST_ROWS	 8
#define FIRST_RANGES 8
#define FILE_KB		 64 /* memory that the tuplestore may use before it writes a file */

/* Removed rows of the file: their places are from .. to - 1, counted from 0. */
typedef struct Range
{
	int64 from;
	int64 to;
} Range;

struct RowStore
{
	MemoryContext context; /* for everything except the rows in memory */
	MemoryContext rows_context;
	HeapTuple *rows; /* in memory: the newest */
	int num_rows;
	int max_rows;
	Size bytes; /* of the rows in memory */

	Tuplestorestate *file; /* the older rows; NULL: all are in memory */
	TupleTableSlot *slot;  /* for reading the file */
	int64 file_rows;	   /* with the removed rows */
	Range *gone;		   /* in order, and no two adjacent */
	int num_gone;
	int max_gone;
	int64 gone_rows;

	int64 next; /* to be read: a place in the file, or file_rows + an index of rows */
	int next_gone;
};

static TupleDesc row_desc(void);
static void reserve(RowStore *store);
static void detoast_row(const EntryRow *row, Datum *values, bool *isnull);
static void spill(RowStore *store);
static void open_file(RowStore *store);
static void forget_in_file(RowStore *store, int64 count);
static int64 find_place(const RowStore *store, int64 count);
static void add_gone(RowStore *store, int64 from);
static bool next_in_file(RowStore *store, EntryRow *row);
static void read_row(HeapTuple tuple, EntryRow *row);
static void fill_row(EntryRow *row, const Datum *values, const bool *isnull);

RowStore *
row_store_new(void)
{
	RowStore *store = MemoryContextAllocZero(TopTransactionContext, sizeof(RowStore));

	store->context = TopTransactionContext;
	store->rows_context = AllocSetContextCreate(TopTransactionContext, "commentary rows",
												ALLOCSET_DEFAULT_SIZES);
	return store;
}

void
row_store_free(RowStore *store)
{
	if (store->slot != NULL)
		ExecDropSingleTupleTableSlot(store->slot);
	if (store->file != NULL)
		tuplestore_end(store->file);
	MemoryContextDelete(store->rows_context);
	if (store->rows != NULL)
		pfree(store->rows);
	if (store->gone != NULL)
		pfree(store->gone);
	pfree(store);
}

void
row_store_add(RowStore *store, const EntryRow *row)
{
	Datum values[NUM_STAGED_COLUMNS];
	bool isnull[NUM_STAGED_COLUMNS];
	TupleDesc desc = row_desc();
	MemoryContext old;

	if (store->bytes > (Size) work_mem * 1024)
		spill(store);
	reserve(store);
	detoast_row(row, values, isnull);
	old = MemoryContextSwitchTo(store->rows_context);
	store->rows[store->num_rows] = heap_form_tuple(desc, values, isnull);
	MemoryContextSwitchTo(old);
	store->bytes += HEAPTUPLESIZE + store->rows[store->num_rows]->t_len;
	store->num_rows++;
}

int64
row_store_count(const RowStore *store)
{
	return store->file_rows - store->gone_rows + store->num_rows;
}

void
row_store_keep(RowStore *store, int64 count)
{
	while (store->num_rows > 0 && row_store_count(store) > count)
	{
		HeapTuple row = store->rows[--store->num_rows];

		store->bytes -= HEAPTUPLESIZE + row->t_len;
		heap_freetuple(row);
	}
	if (row_store_count(store) > count)
		forget_in_file(store, count);
}

void
row_store_rewind(RowStore *store)
{
	store->next = 0;
	store->next_gone = 0;
	if (store->file != NULL)
		tuplestore_rescan(store->file);
}

bool
row_store_next(RowStore *store, EntryRow *row)
{
	int64 place;

	if (store->next < store->file_rows && next_in_file(store, row))
		return true;
	place = store->next - store->file_rows;
	if (place >= store->num_rows)
		return false;
	read_row(store->rows[place], row);
	store->next++;
	return true;
}

/* The staged columns, in the order of the enum; made once. */
static TupleDesc
row_desc(void)
{
	static TupleDesc desc = NULL;
	TupleDesc made;
	MemoryContext old;

	if (likely(desc != NULL))
		return desc;
	old = MemoryContextSwitchTo(TopMemoryContext);
	made = CreateTemplateTupleDesc(NUM_STAGED_COLUMNS);
	for (int i = 0; i < NUM_STAGED_COLUMNS; i++)
		TupleDescInitEntry(made, i + 1, entry_columns[i].name, entry_columns[i].type, -1, 0);
	MemoryContextSwitchTo(old);
	desc = made;
	return desc;
}

static void
reserve(RowStore *store)
{
	if (store->num_rows < store->max_rows)
		return;
	if (store->rows == NULL)
		store->rows = MemoryContextAlloc(store->context, FIRST_ROWS * sizeof(HeapTuple));
	else
		store->rows = repalloc_huge(store->rows, store->max_rows * 2 * sizeof(HeapTuple));
	store->max_rows = store->max_rows == 0 ? FIRST_ROWS : store->max_rows * 2;
}

/* A value in the TOAST of another table may be gone when the transaction commits. */
static void
detoast_row(const EntryRow *row, Datum *values, bool *isnull)
{
	TupleDesc desc = row_desc();

	for (int i = 0; i < NUM_STAGED_COLUMNS; i++)
	{
		struct varlena *value = (struct varlena *) DatumGetPointer(row->values[i]);

		values[i] = row->values[i];
		isnull[i] = row->isnull[i];
		if (!isnull[i] && TupleDescAttr(desc, i)->attlen == -1 && VARATT_IS_EXTERNAL(value))
			values[i] = PointerGetDatum(detoast_external_attr(value));
	}
}

/* Moves all rows from memory to the file: the file has the older rows, memory the newer. */
static void
spill(RowStore *store)
{
	Datum values[NUM_STAGED_COLUMNS];
	bool isnull[NUM_STAGED_COLUMNS];

	if (store->file == NULL)
		open_file(store);
	for (int i = 0; i < store->num_rows; i++)
	{
		heap_deform_tuple(store->rows[i], row_desc(), values, isnull);
		tuplestore_putvalues(store->file, row_desc(), values, isnull);
	}
	store->file_rows += store->num_rows;
	store->num_rows = 0;
	store->bytes = 0;
	MemoryContextReset(store->rows_context);
}

/* The file must outlive the subtransaction that opens it. */
static void
open_file(RowStore *store)
{
	ResourceOwner owner = CurrentResourceOwner;
	MemoryContext old = MemoryContextSwitchTo(store->context);

	CurrentResourceOwner = TopTransactionResourceOwner;
	store->file = tuplestore_begin_heap(false, false, FILE_KB);
	CurrentResourceOwner = owner;
	store->slot = MakeSingleTupleTableSlot(row_desc(), &TTSOpsMinimalTuple);
	MemoryContextSwitchTo(old);
}

static void
forget_in_file(RowStore *store, int64 count)
{
	int64 from = find_place(store, count);

	while (store->num_gone > 0 && store->gone[store->num_gone - 1].from >= from)
	{
		Range *last = &store->gone[--store->num_gone];

		store->gone_rows -= last->to - last->from;
	}
	add_gone(store, from);
}

/* The place in the file after the first `count` rows that are not removed. */
static int64
find_place(const RowStore *store, int64 count)
{
	int64 surplus = store->file_rows - store->gone_rows - count;
	int64 place = store->file_rows;

	for (int i = store->num_gone - 1; i >= 0; i--)
	{
		int64 rows = place - store->gone[i].to;

		if (surplus <= rows)
			break;
		surplus -= rows;
		place = store->gone[i].from;
	}
	return place - surplus;
}

/* Removes the rows from this place to the end of the file. */
static void
add_gone(RowStore *store, int64 from)
{
	store->gone_rows += store->file_rows - from;
	if (store->num_gone > 0 && store->gone[store->num_gone - 1].to >= from)
	{
		store->gone[store->num_gone - 1].to = store->file_rows;
		return;
	}
	if (store->num_gone == store->max_gone)
	{
		int max = Max(FIRST_RANGES, store->max_gone * 2);

		store->gone = store->gone == NULL
						  ? MemoryContextAlloc(store->context, max * sizeof(Range))
						  : repalloc_huge(store->gone, max * sizeof(Range));
		store->max_gone = max;
	}
	store->gone[store->num_gone].from = from;
	store->gone[store->num_gone].to = store->file_rows;
	store->num_gone++;
}

static bool
next_in_file(RowStore *store, EntryRow *row)
{
	while (store->next < store->file_rows)
	{
		int64 place = store->next++;

		if (!tuplestore_gettupleslot(store->file, true, false, store->slot))
			elog(ERROR, "row " INT64_FORMAT " is missing in a temporary file", place);
		while (store->next_gone < store->num_gone && place >= store->gone[store->next_gone].to)
			store->next_gone++;
		if (store->next_gone < store->num_gone && place >= store->gone[store->next_gone].from)
			continue;
		slot_getallattrs(store->slot);
		fill_row(row, store->slot->tts_values, store->slot->tts_isnull);
		return true;
	}
	return false;
}

static void
read_row(HeapTuple tuple, EntryRow *row)
{
	Datum values[NUM_STAGED_COLUMNS];
	bool isnull[NUM_STAGED_COLUMNS];

	heap_deform_tuple(tuple, row_desc(), values, isnull);
	fill_row(row, values, isnull);
}

static void
fill_row(EntryRow *row, const Datum *values, const bool *isnull)
{
	memset(row->values, 0, sizeof(row->values));
	memset(row->isnull, true, sizeof(row->isnull));
	memcpy(row->values, values, NUM_STAGED_COLUMNS * sizeof(Datum));
	memcpy(row->isnull, isnull, NUM_STAGED_COLUMNS * sizeof(bool));
}
