/*
 * trigger.h
 *		What a trigger function was called with.
 */
#ifndef COMMENTARY_TRIGGER_H
#define COMMENTARY_TRIGGER_H

#include "commands/trigger.h"

/* ERROR when it was called as a plain function. */
static inline TriggerData *
trigger_data(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("this function serves a trigger, and cannot be called")));
	return (TriggerData *) fcinfo->context;
}

#endif /* COMMENTARY_TRIGGER_H */
