/*
 * stored.h
 *		What the log has already of a row that comes in.
 */
#ifndef COMMENTARY_STORED_H
#define COMMENTARY_STORED_H

#include "tables/columns.h"

/*
 * Is the validated row no news, so that it need not be staged?  Then a NOTICE says
 * so.  False when in doubt: the flusher decides.  *seq becomes that of the entry which
 * has the row's client_ref, or 0.  ERROR for a correction of what is retracted.
 */
extern bool stored_is_known(const EntryRow *row, int64 *seq);

/*
 * Puts the row into the transaction (pending.h), and where the feed shows it to that, and
 * has the score of its match follow it (score.h).
 * seq is what stored_is_known() has found: an entry of the log stays as it is until the
 * flusher has compared what is said again of it.
 */
extern int64 stored_put(EntryRow *row, int64 seq);

#endif /* COMMENTARY_STORED_H */
