/*
 * overlay.c
 *		Rows that this transaction has written to the feed and that are not in the log yet.
 *
 * As with any table, a statement does not see the rows that it writes itself: each row has
 * the id of the command that wrote it.  The first MAX_INSERTS inserts are kept here; further
 * inserts are stored as usual, and can be changed after the commit.  At most MAX_ROWS
 * corrections are kept, and the next one is an error, because a read after it would be wrong.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "match/content.h"
#include "match/reference.h"
#include "write/overlay.h"

PG_FUNCTION_INFO_V1(commentary_own_rows);
PG_FUNCTION_INFO_V1(commentary_is_own);

#define FIRST_ROWS	64
#define MAX_INSERTS 1000
#define MAX_ROWS	10000

typedef struct OwnRow
{
	EntryRow row;
	CommandId command;
	int nest_level;
} OwnRow;

static OwnRow *rows = NULL; /* in rows_context; NULL: there are none */
static int num_rows = 0;
static int capacity = 0;
static int num_added = 0; /* with rows that were rolled back: their memory is still in use */
static MemoryContext rows_context = NULL;

static void on_xact_end(XactEvent event, void *argument);
static void on_subxact_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
						   void *argument);
static void forget(void);
static void reserve(void);
static void copy_row(EntryRow *copy, const EntryRow *row);
static bool is_visible(const OwnRow *own);
static bool concerns(const EntryRow *correction, const EntryRow *entry);
static bool corrects_log(const EntryRow *row);
static bool is_first(int number);
static bool fold(EntryRow *entry, int from);
static void put_row(ReturnSetInfo *result, const EntryRow *row);

void
overlay_install_callbacks(void)
{
	RegisterXactCallback(on_xact_end, NULL);
	RegisterSubXactCallback(on_subxact_end, NULL);
}

void
overlay_add(const EntryRow *row)
{
	OwnRow *own;

	if (column_op_is(row, OP_INSERT) && num_added >= MAX_INSERTS)
		return;
	if (num_added == MAX_ROWS)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("a transaction may correct at most %d entries", MAX_ROWS),
				 errhint("Commit in smaller pieces.")));
	reserve();
	own = &rows[num_rows];
	copy_row(&own->row, row);
	own->command = GetCurrentCommandId(true);
	own->nest_level = GetCurrentTransactionNestLevel();
	num_rows++;
	num_added++;
}

bool
overlay_has(int64 match_id, Datum client_ref)
{
	for (int i = 0; i < num_rows; i++)
	{
		const EntryRow *row = &rows[i].row;

		if (column_op_is(row, OP_INSERT) && !row->isnull[COL_CLIENT_REF] &&
			DatumGetInt64(row->values[COL_MATCH_ID]) == match_id &&
			datum_image_eq(row->values[COL_CLIENT_REF], client_ref, false, -1))
			return true;
	}
	return false;
}

/*
 * is_own(match_id bigint, seq bigint) RETURNS boolean: has this transaction corrected
 * that entry of the log?  Then own_rows() returns it, as it will be after the commit.
 */
Datum
commentary_is_own(PG_FUNCTION_ARGS)
{
	int64 match_id = PG_GETARG_INT64(0);
	int64 seq = PG_GETARG_INT64(1);

	for (int i = 0; i < num_rows; i++)
	{
		const EntryRow *row = &rows[i].row;

		if (is_visible(&rows[i]) && corrects_log(row) &&
			DatumGetInt64(row->values[COL_MATCH_ID]) == match_id &&
			DatumGetInt64(row->values[COL_REF_SEQ]) == seq)
			PG_RETURN_BOOL(true);
	}
	PG_RETURN_BOOL(false);
}

/*
 * own_rows() RETURNS SETOF record: the entries that this transaction inserts or corrects, as
 * they will be after the commit.
 */
Datum
commentary_own_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < num_rows; i++)
	{
		EntryRow entry = rows[i].row;
		Standing standing;

		if (!is_visible(&rows[i]))
			continue;
		if (corrects_log(&entry))
		{
			if (!is_first(i) ||
				!reference_read(DatumGetInt64(entry.values[COL_MATCH_ID]),
								DatumGetInt64(entry.values[COL_REF_SEQ]), NULL, 0, &standing) ||
				standing.is_retracted)
				continue;
			entry = standing.now;
			if (fold(&entry, i))
				put_row(result, &entry);
		}
		else if (column_op_is(&entry, OP_INSERT) && is_first(i) && fold(&entry, i + 1))
			put_row(result, &entry);
	}
	return (Datum) 0;
}

/*
 * Applies to the entry the rows of this transaction that concern it, beginning at the row
 * `from`.  False: the entry is withdrawn.
 */
static bool
fold(EntryRow *entry, int from)
{
	bool is_there = true;

	for (int i = from; i < num_rows; i++)
	{
		const EntryRow *row = &rows[i].row;

		if (!is_visible(&rows[i]) || !concerns(row, entry))
			continue;
		is_there = !column_op_is(row, OP_RETRACT);
		if (column_op_is(row, OP_INSERT))
		{
			EntryRow before = *entry;

			*entry = *row;
			entry->values[COL_SEQ] = before.values[COL_SEQ];
			entry->isnull[COL_SEQ] = before.isnull[COL_SEQ];
		}
		else if (is_there)
			standing_apply(entry, row);
		if (is_there && !row->isnull[COL_CLIENT_VERSION])
		{
			entry->values[COL_CLIENT_VERSION] = row->values[COL_CLIENT_VERSION];
			entry->isnull[COL_CLIENT_VERSION] = false;
		}
	}
	return is_there;
}

/* Compares the seq; for a row without a ref_seq, the client_ref. */
static bool
concerns(const EntryRow *row, const EntryRow *entry)
{
	if (row->values[COL_MATCH_ID] != entry->values[COL_MATCH_ID])
		return false;
	if (corrects_log(row))
		return !entry->isnull[COL_SEQ] && row->values[COL_REF_SEQ] == entry->values[COL_SEQ];
	return !row->isnull[COL_CLIENT_REF] && content_is_equal(row, entry, COL_CLIENT_REF);
}

static bool
corrects_log(const EntryRow *row)
{
	return !row->isnull[COL_REF_SEQ];
}

/* Is this the first row of this transaction that concerns its entry? */
static bool
is_first(int number)
{
	const EntryRow *row = &rows[number].row;

	for (int i = 0; i < number; i++)
	{
		const EntryRow *other = &rows[i].row;

		if (!is_visible(&rows[i]) || other->values[COL_MATCH_ID] != row->values[COL_MATCH_ID])
			continue;
		if (corrects_log(row) && corrects_log(other) &&
			other->values[COL_REF_SEQ] == row->values[COL_REF_SEQ])
			return false;
		if (!corrects_log(row) && !corrects_log(other) && column_op_is(other, OP_INSERT) &&
			!row->isnull[COL_CLIENT_REF] && content_is_equal(row, other, COL_CLIENT_REF))
			return false;
	}
	return true;
}

static bool
is_visible(const OwnRow *own)
{
	return !ActiveSnapshotSet() || own->command < GetActiveSnapshot()->curcid;
}

static void
put_row(ReturnSetInfo *result, const EntryRow *row)
{
	TupleDesc desc = result->setDesc;
	Datum values[NUM_ENTRY_COLUMNS];
	bool isnull[NUM_ENTRY_COLUMNS];

	for (int i = 0; i < Min(desc->natts, NUM_ENTRY_COLUMNS); i++)
	{
		const char *name = NameStr(TupleDescAttr(desc, i)->attname);

		values[i] = (Datum) 0;
		isnull[i] = true;
		for (EntryColumn column = 0; column < NUM_ENTRY_COLUMNS; column++)
		{
			if (strcmp(entry_columns[column].name, name) != 0 || column == COL_CLEAR ||
				column == COL_REF_SEQ)
				continue;
			values[i] = row->values[column];
			isnull[i] = row->isnull[column];
		}
	}
	tuplestore_putvalues(result->setResult, desc, values, isnull);
}

static void
reserve(void)
{
	MemoryContext old;

	if (num_rows < capacity)
		return;
	if (rows_context == NULL)
		rows_context = AllocSetContextCreate(TopMemoryContext, "commentary overlay",
											 ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(rows_context);
	rows = rows == NULL ? palloc(FIRST_ROWS * sizeof(OwnRow))
						: repalloc(rows, 2 * capacity * sizeof(OwnRow));
	capacity = capacity == 0 ? FIRST_ROWS : 2 * capacity;
	MemoryContextSwitchTo(old);
}

static void
copy_row(EntryRow *copy, const EntryRow *row)
{
	MemoryContext old = MemoryContextSwitchTo(rows_context);

	*copy = *row;
	copy->isnull[COL_SEQ] = true;
	for (EntryColumn i = 0; i < NUM_STAGED_COLUMNS; i++)
	{
		if (!row->isnull[i] && i != COL_SEQ && !content_is_by_value(i))
			copy->values[i] = PointerGetDatum(PG_DETOAST_DATUM_COPY(row->values[i]));
	}
	MemoryContextSwitchTo(old);
}

static void
forget(void)
{
	rows = NULL;
	num_rows = 0;
	num_added = 0;
	capacity = 0;
	if (rows_context != NULL)
		MemoryContextReset(rows_context);
}

static void
on_xact_end(XactEvent event, void *argument)
{
	if (rows != NULL && (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT ||
						 event == XACT_EVENT_PREPARE))
		forget();
}

static void
on_subxact_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *argument)
{
	int level = GetCurrentTransactionNestLevel();

	if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		while (num_rows > 0 && rows[num_rows - 1].nest_level >= level)
			num_rows--;
		if (num_rows == 0 && rows != NULL)
			forget();
	}
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
	{
		for (int i = num_rows; i > 0 && rows[i - 1].nest_level >= level; i--)
			rows[i - 1].nest_level = level - 1;
	}
}
