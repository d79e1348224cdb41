/*
 * replay.h
 *		Rows that were set aside: tried again.
 */
#ifndef COMMENTARY_REPLAY_H
#define COMMENTARY_REPLAY_H

#include "shared/shared.h"

/*
 * Flushes the rejected rows for which replay_rejected() was called.  A row that fails again
 * stays, with its new error.  For the flusher, outside a transaction.
 */
extern void replay_rejected(DatabaseState *db);

#endif /* COMMENTARY_REPLAY_H */
