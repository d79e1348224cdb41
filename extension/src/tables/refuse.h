/*
 * refuse.h
 *		The trigger that refuses changes of what only the flusher may change.
 */
#ifndef COMMENTARY_REFUSE_H
#define COMMENTARY_REFUSE_H

#include "commands/trigger.h"

/* Is it this trigger?  By the function that it calls: a name can be anybody's. */
extern bool refuse_is_called_by(const Trigger *trigger);

/* Between the two, what the flusher itself writes to the log passes the trigger. */
extern void refuse_no_insert(bool is_ours);

/* The same for what purge() removes. */
extern void refuse_no_delete(bool is_ours);

#endif /* COMMENTARY_REFUSE_H */
