/*
 * trigger.h
 *		What a trigger function was called with.
 */
#ifndef COMMENTARY_TRIGGER_H
#define COMMENTARY_TRIGGER_H

#include "commands/trigger.h"

/* A set of operations: TRIGGER_ON(INSERT) | TRIGGER_ON(UPDATE). */
#define TRIGGER_ON(operation) (1 << TRIGGER_EVENT_##operation)

/*
 * ERROR unless the function serves a trigger that fires as the function needs it: `timing`
 * is made of TRIGGER_EVENT_ROW and one of TRIGGER_EVENT_BEFORE, _AFTER and _INSTEAD;
 * `operations` is a set.
 */
extern TriggerData *trigger_data(FunctionCallInfo fcinfo, TriggerEvent timing, int operations);

#endif /* COMMENTARY_TRIGGER_H */
