/*
 * trigger.c
 *		Checks how a trigger function was called.
 *
 * A superuser can make any trigger with our functions.  One that fires for a statement has no
 * row, and one that fires at another time or for another operation has other rows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/trigger.h"

static bool fires_as(TriggerEvent event, TriggerEvent timing, int operations);
static void fail_firing(const TriggerData *trigger);

TriggerData *
trigger_data(FunctionCallInfo fcinfo, TriggerEvent timing, int operations)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("this function serves a trigger, and cannot be called")));
	if (!fires_as(trigger->tg_event, timing, operations))
		fail_firing(trigger);
	return trigger;
}

static bool
fires_as(TriggerEvent event, TriggerEvent timing, int operations)
{
	return (event & (TRIGGER_EVENT_ROW | TRIGGER_EVENT_TIMINGMASK)) == timing &&
		   ((1 << (event & TRIGGER_EVENT_OPMASK)) & operations) != 0;
}

static void
fail_firing(const TriggerData *trigger)
{
	Relation relation = trigger->tg_relation;
	const char *name = trigger->tg_trigger->tgname;
	char *schema = get_namespace_name(RelationGetNamespace(relation));

	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("trigger \"%s\" does not fire as its function requires", name),
			 errhint("DROP TRIGGER %s ON %s. Only the extension makes triggers with its functions.",
					 quote_identifier(name),
					 quote_qualified_identifier(schema, RelationGetRelationName(relation)))));
}
