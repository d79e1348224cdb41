/*
 * purger.h
 *		The flusher's part of a purge: removing the entries, in pieces.
 */
#ifndef COMMENTARY_PURGER_H
#define COMMENTARY_PURGER_H

#include "shared/shared.h"

/* Is there a match whose entries are to be removed, and is it time to try? */
extern bool purger_is_due(DatabaseState *db);

/* Will it be due later by itself, without a call of purge()? */
extern bool purger_is_waiting(DatabaseState *db);

/*
 * Removes one piece, in a transaction of its own.  An error of it is noted in
 * commentary.purging, and the flusher goes on.
 */
extern void purger_step(DatabaseState *db);

#endif /* COMMENTARY_PURGER_H */
