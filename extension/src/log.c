/*
 * log.c
 *		Appending to commentary.entry, many rows at a time.
 *
 * Straight into the table and its indexes, as COPY does it: through SPI the
 * same rows took twice as long.  No trigger fires and no rule applies; nobody
 * but the flusher writes here.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"

#include "compat.h"
#include "log.h"
#include "relations.h"

static void check_constraints(LogWriter *log, TupleTableSlot *slot);
static void add_slot(LogWriter *log);
static void write_rows(LogWriter *log);
static int compare_slots(const void *a, const void *b);

void
log_open(LogWriter *log)
{
	log->entry = relations_open(relations_get()->entry, RowExclusiveLock);
	log->context = CurrentMemoryContext;
	log->estate = CreateExecutorState();
	log->result = makeNode(ResultRelInfo);
	InitResultRelInfo(log->result, log->entry, 0, NULL, 0); /* there is no range table */
	ExecOpenIndices(log->result, false);
	log->command = GetCurrentCommandId(true);
	log->num_rows = 0;
	log->num_slots = 0;
}

void
log_append(LogWriter *log, const EntryRow *row)
{
	TupleTableSlot *slot;

	if (log->num_rows == log->num_slots)
		add_slot(log);
	slot = log->slots[log->num_rows++];

	ExecClearTuple(slot);
	memcpy(slot->tts_values, row->values, sizeof(row->values));
	memcpy(slot->tts_isnull, row->isnull, sizeof(row->isnull));
	ExecStoreVirtualTuple(slot);
	check_constraints(log, slot);
	ExecMaterializeSlot(slot);

	if (log->num_rows == LOG_ROWS_AT_ONCE)
		write_rows(log);
}

void
log_close(LogWriter *log)
{
	write_rows(log);
	for (int i = 0; i < log->num_slots; i++)
		ExecDropSingleTupleTableSlot(log->slots[i]);
	ExecCloseIndices(log->result);
	FreeExecutorState(log->estate);
	table_close(log->entry, NoLock);
}

/* Those that a DBA has added to commentary.entry; we have none. */
static void
check_constraints(LogWriter *log, TupleTableSlot *slot)
{
	TupleConstr *constraints = RelationGetDescr(log->entry)->constr;

	if (constraints != NULL && constraints->num_check > 0)
		ExecConstraints(log->result, slot, log->estate);
}

/* Slots are made as they are needed: most transactions write only a few rows. */
static void
add_slot(LogWriter *log)
{
	MemoryContext old = MemoryContextSwitchTo(log->context);

	log->slots[log->num_slots++] = table_slot_create(log->entry, NULL);
	MemoryContextSwitchTo(old);
}

static void
write_rows(LogWriter *log)
{
	if (log->num_rows == 0)
		return;
	qsort(log->slots, log->num_rows, sizeof(log->slots[0]), compare_slots);
	table_multi_insert(log->entry, log->slots, log->num_rows, log->command, 0, NULL);
	for (int i = 0; i < log->num_rows; i++)
	{
		TupleTableSlot *slot = log->slots[i];

		ResetPerTupleExprContext(log->estate);
		InsertIndexTuples(log->result, slot, log->estate);
	}
	log->num_rows = 0;
}

/*
 * By key: neighbours in the index are inserted one after the other, and find
 * its pages in the cache.  Where rows lie in the table does not matter.
 */
static int
compare_slots(const void *a, const void *b)
{
	const Datum *left = (*(TupleTableSlot *const *) a)->tts_values;
	const Datum *right = (*(TupleTableSlot *const *) b)->tts_values;

	for (int column = COL_MATCH_ID; column <= COL_SEQ; column++)
	{
		if (left[column] != right[column])
			return DatumGetInt64(left[column]) < DatumGetInt64(right[column]) ? -1 : 1;
	}
	return 0;
}
