/*
 * following.h
 *		Is the log of this database written elsewhere, and applied here?
 */
#ifndef COMMENTARY_FOLLOWING_H
#define COMMENTARY_FOLLOWING_H

#include "shared/shared.h"

/*
 * The flusher looks at the setting and at the subscriptions, and tells the others.  Needs
 * a transaction.
 */
extern void following_look(DatabaseState *db);

/* What the flusher has found last: does this database follow another one? */
extern bool following_is_on(DatabaseState *db);

/*
 * Is a subscription making its initial copy of our tables?  Each of them is as of another
 * commit of the primary then.  Needs a transaction.
 */
extern bool following_is_copying(void);

/*
 * ERROR, with a hint where to write, in a follower.  Every entry, match or purge that was
 * written here would meet what is applied, and apply would stop for good.
 */
extern void following_refuse(DatabaseState *db);

/* The flusher: ERROR, as rows that were staged before the database became a follower wait. */
extern void following_hold(void);

#endif /* COMMENTARY_FOLLOWING_H */
