/*
 * epoch.h
 *		The epoch: the name of this history of the log.
 */
#ifndef COMMENTARY_EPOCH_H
#define COMMENTARY_EPOCH_H

#include "shared/shared.h"

#include "log/epoch_name.h"

/* on_begun is called in the PRE_COMMIT of a transaction that adds an epoch. */
extern void epoch_install_callbacks(void (*on_begun)(const char *epoch));

/*
 * Makes sure that the newest row of commentary.epoch belongs to this system,
 * timeline and data directory, adding one where it does not.  For the flusher, in a
 * transaction, before it numbers anything.  False when it is the first epoch of
 * this log: there was no flusher before.
 */
extern bool epoch_ensure(void);

/*
 * Goes over to an epoch that begin_epoch() has begun.  For the flusher, in each
 * transaction, before it numbers anything.
 */
extern void epoch_keep_up(DatabaseState *db);

/*
 * In a follower, whose epochs are those of its primary: reads which is the newest.  For the
 * flusher, in a transaction, before it announces anything.
 */
extern void epoch_follow(DatabaseState *db);

/* The same as epoch_ensure(), in a database that was a follower until now. */
extern void epoch_begin_after_following(void);

/* The epoch that epoch_ensure() found or made, or epoch_follow() found; there "" is none. */
extern const char *epoch_current(void);

/*
 * Its number, for an entry: it rises with each epoch of a lineage.  0: the table has none yet
 * (1.1).
 */
extern int64 epoch_use_number(void);

#endif /* COMMENTARY_EPOCH_H */
