/*
 * purger.h
 *		The flusher's part of a purge: removing the entries, in pieces.
 */
#ifndef COMMENTARY_PURGER_H
#define COMMENTARY_PURGER_H

#include "shared/shared.h"

/* Is there a match whose entries are to be removed, and is it time to try? */
extern bool purger_is_due(DatabaseState *db);

/* Will it be due later, without anybody saying so? */
extern bool purger_is_waiting(DatabaseState *db);

/*
 * Removes one piece, in a transaction of its own.  What goes wrong with it is noted in
 * commentary.purging, and leaves the flusher free for its work.
 */
extern void purger_step(DatabaseState *db);

#endif /* COMMENTARY_PURGER_H */
