/*
 * announce.h
 *		In a follower: entries that were applied → NOTIFY.
 */
#ifndef COMMENTARY_ANNOUNCE_H
#define COMMENTARY_ANNOUNCE_H

#include "shared/shared.h"

/*
 * Announces, from the table, the entries that were applied since the last call.  For the
 * flusher of a follower, outside a transaction.  After an ERROR, the next call tells relays
 * to look at all heads.
 */
extern void announce_applied(DatabaseState *db);

#endif /* COMMENTARY_ANNOUNCE_H */
