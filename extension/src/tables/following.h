/*
 * following.h
 *		Whether this database is a follower: its log is written elsewhere, and applied here.
 */
#ifndef COMMENTARY_FOLLOWING_H
#define COMMENTARY_FOLLOWING_H

#include "shared/shared.h"

/*
 * The flusher: looks at the setting and at the subscriptions, and notes the result for all
 * processes.  Needs a transaction.
 */
extern void following_look(DatabaseState *db);

/* Whether this database is a follower, as the flusher has found last. */
extern bool following_is_on(DatabaseState *db);

/*
 * Whether a subscription is making its initial copy of our tables.  Meanwhile each table
 * may be as of another commit of the primary.  Needs a transaction.
 */
extern bool following_is_copying(void);

/*
 * Raises an ERROR in a follower, with a hint where to write.  A row that was written here
 * would conflict with an applied one, and the subscription would stop for good.
 */
extern void following_refuse(DatabaseState *db);

/* The flusher: raises the ERROR that rows were staged before the database became a follower. */
extern void following_hold(void);

#endif /* COMMENTARY_FOLLOWING_H */
