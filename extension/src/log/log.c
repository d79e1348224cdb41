/*
 * log.c
 *		Appending to commentary.entry, many rows at a time.
 *
 * Straight into the table and its indexes, as COPY does it: through SPI the
 * same rows took twice as long.  Columns that a DBA has added get what COPY
 * would give them, their default or generated value or null, and the
 * constraints and triggers of a DBA hold.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "executor/nodeModifyTable.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "log/log.h"
#include "log/log_indexes.h"
#include "log/log_triggers.h"
#include "tables/relations.h"

static bool is_at_default = false; /* stays so after an error */

static void prepare_other_columns(LogWriter *log);
static void prepare_default(LogWriter *log, Form_pg_attribute attribute);
static bool may_violate(LogWriter *log);
static void fill_slot(LogWriter *log, TupleTableSlot *slot, const EntryRow *row);
static void add_slot(LogWriter *log);
static void write_rows(LogWriter *log);
static int compare_slots(const void *a, const void *b, void *map);

void
log_open(LogWriter *log)
{
	is_at_default = false;
	log->entry = relations_open(relations_get()->entry, RowExclusiveLock);
	log->map = column_map(MAP_LOG, log->entry);
	owner_enter(&log->owner, log->entry);
	log->context = CurrentMemoryContext;
	log->estate = CreateExecutorState();
	log->result = makeNode(ResultRelInfo);
	InitResultRelInfo(log->result, log->entry, 0, NULL, 0); /* there is no range table */
	log->command = GetCurrentCommandId(true);
	log->num_rows = 0;
	log->num_slots = 0;
	log->indexes_open = 0;
	log->has_hidden = false;
	prepare_other_columns(log);
	log->has_triggers = log_triggers_exist(log->entry);
	log->has_constraints = log->has_triggers || may_violate(log);
	log->may_change = log->has_triggers && log->entry->trigdesc->trig_insert_before_row;
	log->rows_at_once = log->may_change ? 1 : LOG_ROWS_AT_ONCE; /* they may look at the table */
	if (log->has_triggers)
		log_triggers_begin(log);
}

void
log_append(LogWriter *log, EntryRow *row)
{
	TupleTableSlot *slot;

	if (log->num_rows == log->num_slots)
		add_slot(log);
	slot = log->slots[log->num_rows++];

	fill_slot(log, slot, row);
	if (log->may_change)
		log_triggers_before(log, slot);
	if (log->has_generated)
		ExecComputeStoredGenerated(log->result, log->estate, slot, CMD_INSERT);
	if (log->has_constraints)
		ExecConstraints(log->result, slot, log->estate);
	ExecMaterializeSlot(slot);
	if (log->may_change)
		log_triggers_read(log, slot, row);

	if (log->num_rows == log->rows_at_once)
		write_rows(log);
}

void
log_show(LogWriter *log)
{
	write_rows(log);
	if (!log->has_hidden)
		return;
	CommandCounterIncrement();
	UpdateActiveSnapshotCommandId();
	log->command = GetCurrentCommandId(true);
	log->has_hidden = false;
}

void
log_close(LogWriter *log)
{
	write_rows(log);
	if (log->has_triggers)
		log_triggers_end(log);
	owner_leave(&log->owner);
	for (int i = 0; i < log->num_slots; i++)
		ExecDropSingleTupleTableSlot(log->slots[i]);
	log_indexes_close(log);
	ExecResetTupleTable(log->estate->es_tupleTable, false); /* slots of triggers */
	FreeExecutorState(log->estate);
	table_close(log->entry, NoLock);
}

bool
log_was_at_default(void)
{
	return is_at_default;
}

/* As copyfrom.c does it for the columns that COPY is not given. */
static void
prepare_other_columns(LogWriter *log)
{
	TupleDesc desc = RelationGetDescr(log->entry);

	log->num_defaults = 0;
	log->defaults = NULL;
	log->has_generated = desc->constr != NULL && desc->constr->has_generated_stored;
	if (log->map->num_others == 0)
		return;
	log->defaults = palloc(log->map->num_others * sizeof(LogDefault));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (!attribute->attisdropped && !attribute->attgenerated &&
			!shape_has(log->map, attribute->attnum))
			prepare_default(log, attribute);
	}
}

static void
prepare_default(LogWriter *log, Form_pg_attribute attribute)
{
	Node *expression = build_column_default(log->entry, attribute->attnum);
	LogDefault *added;

	if (expression == NULL)
	{
		/* A domain may refuse null, and an INSERT would ask it. */
		if (get_typtype(attribute->atttypid) == TYPTYPE_DOMAIN)
			domain_check((Datum) 0, true, attribute->atttypid, NULL, NULL);
		return;
	}
	added = &log->defaults[log->num_defaults++];
	added->attno = attribute->attnum;
	added->expression = ExecInitExpr(expression_planner((Expr *) expression), NULL);
}

/* Our rows satisfy our own NOT NULL columns; columns of others may want more. */
static bool
may_violate(LogWriter *log)
{
	TupleDesc desc = RelationGetDescr(log->entry);
	static const EntryColumn never_null[] = {
		COL_MATCH_ID, COL_SEQ, COL_OP, COL_CREATED_AT, COL_FLUSHED_AT
	};
	int num_not_null = 0;

	if (desc->constr == NULL)
		return false;
	if (desc->constr->num_check > 0)
		return true;
	for (int i = 0; i < desc->natts; i++)
		num_not_null += !TupleDescAttr(desc, i)->attisdropped && TupleDescAttr(desc, i)->attnotnull;
	for (int i = 0; i < lengthof(never_null); i++)
		num_not_null -= TupleDescAttr(desc, log->map->attnos[never_null[i]] - 1)->attnotnull;
	return num_not_null > 0;
}

static void
fill_slot(LogWriter *log, TupleTableSlot *slot, const EntryRow *row)
{
	ExecClearTuple(slot);
	column_map_write(log->map, row, slot->tts_values, slot->tts_isnull);
	if (log->num_defaults > 0)
	{
		ExprContext *context = GetPerTupleExprContext(log->estate);

		ResetPerTupleExprContext(log->estate);
		is_at_default = true;
		for (int i = 0; i < log->num_defaults; i++)
		{
			int attribute = log->defaults[i].attno - 1;

			slot->tts_values[attribute] = ExecEvalExprSwitchContext(
				log->defaults[i].expression, context, &slot->tts_isnull[attribute]);
		}
		is_at_default = false;
	}
	ExecStoreVirtualTuple(slot);
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
	qsort_arg(log->slots, log->num_rows, sizeof(log->slots[0]), compare_slots,
			  unconstify(ColumnMap *, log->map));
	table_multi_insert(log->entry, log->slots, log->num_rows, log->command, 0, NULL);
	log_indexes_open(log);
	for (int i = 0; i < log->num_rows; i++)
	{
		TupleTableSlot *slot = log->slots[i];
		List *recheck;

		ResetPerTupleExprContext(log->estate);
		recheck = InsertIndexTuples(log->result, slot, log->estate);
		if (log->has_triggers)
			log_triggers_after(log, slot, recheck);
	}
	log->num_rows = 0;
	log->has_hidden = true;
}

/*
 * By key: neighbours in the index are inserted one after the other, and find
 * its pages in the cache.  Where rows lie in the table does not matter.
 */
static int
compare_slots(const void *a, const void *b, void *map)
{
	const AttrNumber *attnos = ((const ColumnMap *) map)->attnos;
	const Datum *left = (*(TupleTableSlot *const *) a)->tts_values;
	const Datum *right = (*(TupleTableSlot *const *) b)->tts_values;

	for (int column = COL_MATCH_ID; column <= COL_SEQ; column++)
	{
		int attribute = attnos[column] - 1;

		if (left[attribute] != right[attribute])
			return DatumGetInt64(left[attribute]) < DatumGetInt64(right[attribute]) ? -1 : 1;
	}
	return 0;
}
