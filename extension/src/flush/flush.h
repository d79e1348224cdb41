/*
 * flush.h
 *		From staging to the log: the hot path.
 */
#ifndef COMMENTARY_FLUSH_H
#define COMMENTARY_FLUSH_H

#include "shared/shared.h"

/*
 * Flushes all that was committed to staging before the call, in one transaction, or in
 * several if there is much, and wakes the clients that wait for it.  A row that cannot be
 * flushed is set aside.  For the flusher, outside a transaction.  After an ERROR staging is
 * as it was: nothing is lost, and nothing is written twice.
 */
extern void flush_batch(DatabaseState *db);

#endif /* COMMENTARY_FLUSH_H */
