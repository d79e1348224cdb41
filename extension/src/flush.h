/*
 * flush.h
 *		From staging to the log: the hot path.
 */
#ifndef COMMENTARY_FLUSH_H
#define COMMENTARY_FLUSH_H

#include "shared.h"

/*
 * Flushes all that was committed to staging before the call, in one transaction
 * or, when it is much, several, and wakes who waits for it.  For the flusher,
 * outside a transaction.  An ERROR leaves staging as it was: nothing is lost,
 * and nothing is written twice.
 */
extern void flush_batch(DatabaseState *db);

#endif /* COMMENTARY_FLUSH_H */
