/*
 * trigger.h
 *		What a trigger function was called with.
 */
#ifndef COMMENTARY_TRIGGER_H
#define COMMENTARY_TRIGGER_H

#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* A set of operations: TRIGGER_ON(INSERT) | TRIGGER_ON(UPDATE). */
#define TRIGGER_ON(operation) (1 << TRIGGER_EVENT_##operation)

/*
 * ERROR unless the function serves a trigger that fires as the function needs it: `timing`
 * is made of TRIGGER_EVENT_ROW and one of TRIGGER_EVENT_BEFORE, _AFTER and _INSTEAD.  A
 * superuser can make any trigger with it, and one that fires for a statement has no row.
 */
static inline TriggerData *
trigger_data(FunctionCallInfo fcinfo, TriggerEvent timing, int operations)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("this function serves a trigger, and cannot be called")));
	if ((trigger->tg_event & (TRIGGER_EVENT_ROW | TRIGGER_EVENT_TIMINGMASK)) != timing ||
		((1 << (trigger->tg_event & TRIGGER_EVENT_OPMASK)) & operations) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger \"%s\" does not fire as its function requires",
						trigger->tg_trigger->tgname),
				 errhint("DROP TRIGGER %s ON %s. Only the extension makes triggers with its functions.",
						 quote_identifier(trigger->tg_trigger->tgname),
						 quote_qualified_identifier(
							 get_namespace_name(RelationGetNamespace(trigger->tg_relation)),
							 RelationGetRelationName(trigger->tg_relation)))));
	return trigger;
}

#endif /* COMMENTARY_TRIGGER_H */
