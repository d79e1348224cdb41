/*
 * refuse.h
 *		The trigger that refuses changes of tables that only the flusher may change.
 */
#ifndef COMMENTARY_REFUSE_H
#define COMMENTARY_REFUSE_H

#include "commands/trigger.h"

/* Whether it is this trigger, by the function that it calls: others may use its name. */
extern bool refuse_is_called_by(const Trigger *trigger);

/* The flusher sets is_ours while it inserts into the log, so that the trigger lets it. */
extern void refuse_no_insert(bool is_ours);

/* The same while it removes the entries of a purge. */
extern void refuse_no_delete(bool is_ours);

#endif /* COMMENTARY_REFUSE_H */
