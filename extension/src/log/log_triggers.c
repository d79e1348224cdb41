/*
 * log_triggers.c
 *		The triggers of commentary.entry.
 *
 * Our own refuses everybody but the flusher, and would only cost time there.
 * Those of others are fired as COPY fires them (copyfrom.c).
 */
#include "postgres.h"

#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

#include "log/body.h"
#include "log/log_triggers.h"
#include "tables/refuse.h"

static bool may_fire(const Trigger *trigger);
static void check_kept(const EntryRow *given, const EntryRow *row);

bool
log_triggers_exist(Relation entry)
{
	TriggerDesc *triggers = entry->trigdesc;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		if (TRIGGER_FOR_INSERT(triggers->triggers[i].tgtype) && may_fire(&triggers->triggers[i]))
			return true;
	}
	return false;
}

/* The role of the flusher is always 'origin' (worker.c). */
static bool
may_fire(const Trigger *trigger)
{
	return trigger->tgenabled != TRIGGER_FIRES_ON_REPLICA &&
		   trigger->tgenabled != TRIGGER_DISABLED && !refuse_is_called_by(trigger);
}

void
log_triggers_begin(LogWriter *log)
{
	/* So that a trigger finds our ResultRelInfo: there is no range table. */
	log->estate->es_opened_result_relations = list_make1(log->result);
	AfterTriggerBeginQuery();
	log->transition = MakeTransitionCaptureState(log->entry->trigdesc,
												 RelationGetRelid(log->entry), CMD_INSERT);
	refuse_no_insert(true);
	PG_TRY();
	{
		ExecBSInsertTriggers(log->estate, log->result);
	}
	PG_FINALLY();
	{
		refuse_no_insert(false);
	}
	PG_END_TRY();
}

void
log_triggers_end(LogWriter *log)
{
	ExecASInsertTriggers(log->estate, log->result, log->transition);
	AfterTriggerEndQuery(log->estate);
}

void
log_triggers_before(LogWriter *log, TupleTableSlot *slot)
{
	if (!ExecBRInsertTriggers(log->estate, log->result, slot))
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
				 errmsg("a trigger on commentary.entry suppressed the row"),
				 errdetail("The log has no gaps: an entry that was numbered cannot be left out."),
				 errhint("Have the trigger raise an error for what must not be stored, and return NEW for the rest.")));
}

void
log_triggers_read(LogWriter *log, TupleTableSlot *slot, EntryRow *row)
{
	EntryRow given = *row;

	slot_getallattrs(slot);
	column_map_read(log->map, slot->tts_values, slot->tts_isnull, row);
	check_kept(&given, row);
	body_require(row);
}

void
log_triggers_after(LogWriter *log, TupleTableSlot *slot, List *recheck)
{
	ExecARInsertTriggers(log->estate, log->result, slot, recheck, log->transition);
}

/* The columns by which viewers resume, correct and count. */
static void
check_kept(const EntryRow *given, const EntryRow *row)
{
	static const EntryColumn kept[] = {
		COL_MATCH_ID, COL_SEQ, COL_OP, COL_REF_SEQ, COL_CLIENT_REF
	};

	for (int i = 0; i < lengthof(kept); i++)
	{
		const Column *column = &entry_columns[kept[i]];
		int16 length;
		bool by_value;

		get_typlenbyval(column->type, &length, &by_value);
		if (given->isnull[kept[i]] == row->isnull[kept[i]] &&
			(row->isnull[kept[i]] ||
			 datum_image_eq(given->values[kept[i]], row->values[kept[i]], by_value, length)))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
				 errmsg("a trigger on commentary.entry changed %s", column->name),
				 errdetail("Viewers resume and correct by it."),
				 errhint("Have the trigger leave match_id, seq, op, ref_seq and client_ref as they are.")));
	}
}
