/*
 * log_indexes.c
 *		The indexes of the log, opened when a row belongs into them.
 *
 * To open a partial index, with its predicate made ready, costs as much as to insert
 * an entry into the primary key; and most rows are lines without client_ref, correction
 * or state, which belong into none of the three partial indexes that we know.  So these
 * are opened only for rows that belong into them.  All other indexes, those of
 * others as well, are opened for the first row.
 */
#include "postgres.h"

#include "access/genam.h"
#include "catalog/index.h"
#include "executor/executor.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "log/log_indexes.h"

#define OTHERS (1u << NUM_MAP_INDEXES)

static uint32 needed_for_rows(const LogWriter *log);
static uint32 bit_of(const LogWriter *log, Oid index);
static bool is_state(const LogWriter *log, const TupleTableSlot *slot);
static bool has_value(const LogWriter *log, const TupleTableSlot *slot, EntryColumn column);
static void open_index(LogWriter *log, Oid index_id);

void
log_indexes_open(LogWriter *log)
{
	uint32 missing = needed_for_rows(log) & ~log->indexes_open;
	MemoryContext old;
	List *indexes;
	ListCell *cell;

	if (likely(missing == 0))
		return;
	old = MemoryContextSwitchTo(log->context);
	indexes = RelationGetIndexList(log->entry);
	if (log->result->ri_IndexRelationDescs == NULL)
	{
		log->result->ri_IndexRelationDescs = palloc(list_length(indexes) * sizeof(Relation));
		log->result->ri_IndexRelationInfo = palloc(list_length(indexes) * sizeof(IndexInfo *));
	}
	foreach (cell, indexes)
	{
		if ((bit_of(log, lfirst_oid(cell)) & missing) != 0)
			open_index(log, lfirst_oid(cell));
	}
	list_free(indexes);
	log->indexes_open |= missing;
	MemoryContextSwitchTo(old);
}

void
log_indexes_close(LogWriter *log)
{
	ExecCloseIndices(log->result);
}

static uint32
needed_for_rows(const LogWriter *log)
{
	uint32 needed = OTHERS;

	for (int i = 0; i < log->num_rows; i++)
	{
		const TupleTableSlot *slot = log->slots[i];

		if (has_value(log, slot, COL_CLIENT_REF))
			needed |= 1u << INDEX_CLIENT_REF;
		if (has_value(log, slot, COL_REF_SEQ))
			needed |= 1u << INDEX_CORRECTION;
		if (is_state(log, slot))
			needed |= 1u << INDEX_STATE;
	}
	return needed;
}

/* An index that is not partial is for all rows, also one that a DBA made. */
static uint32
bit_of(const LogWriter *log, Oid index)
{
	for (int i = 0; i < NUM_MAP_INDEXES; i++)
	{
		if (log->map->indexes[i] == index && log->map->is_partial[i])
			return 1u << i;
	}
	return OTHERS;
}

static bool
is_state(const LogWriter *log, const TupleTableSlot *slot)
{
	Datum op = slot->tts_values[log->map->attnos[COL_OP] - 1];

	return VARSIZE_ANY_EXHDR(DatumGetPointer(op)) == strlen(OP_MATCH) &&
		   memcmp(VARDATA_ANY(DatumGetPointer(op)), OP_MATCH, strlen(OP_MATCH)) == 0;
}

static bool
has_value(const LogWriter *log, const TupleTableSlot *slot, EntryColumn column)
{
	AttrNumber attno = log->map->attnos[column];

	return attno != 0 && !slot->tts_isnull[attno - 1];
}

/* As ExecOpenIndices() does it (execIndexing.c); they are locked already. */
static void
open_index(LogWriter *log, Oid index_id)
{
	int number = log->result->ri_NumIndices++;
	Relation index = index_open(index_id, RowExclusiveLock);

	log->result->ri_IndexRelationDescs[number] = index;
	log->result->ri_IndexRelationInfo[number] = BuildIndexInfo(index);
}
