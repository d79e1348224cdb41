/*
 * announce.h
 *		In a follower: entries that were applied → NOTIFY.
 */
#ifndef COMMENTARY_ANNOUNCE_H
#define COMMENTARY_ANNOUNCE_H

#include "shared/shared.h"

/*
 * Announces what has been applied since it was called last, from the table.  For the
 * flusher of a follower, outside a transaction.  After an ERROR relays are told at the
 * next call to look at all heads.
 */
extern void announce_applied(DatabaseState *db);

#endif /* COMMENTARY_ANNOUNCE_H */
