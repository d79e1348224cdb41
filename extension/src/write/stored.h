/*
 * stored.h
 *		Rows that bring nothing new, because the log has them already.
 */
#ifndef COMMENTARY_STORED_H
#define COMMENTARY_STORED_H

#include "tables/columns.h"

/*
 * Does the log have the validated row already, so that it need not be staged?  Then a NOTICE
 * says so.  False when in doubt: the flusher decides.  *seq becomes the seq of the entry that
 * has the row's client_ref, or 0.  ERROR for a correction of a retracted entry.
 */
extern bool stored_is_known(const EntryRow *row, int64 *seq);

/*
 * Puts the row into the transaction (pending.h), updates the score of its match (score.h), and,
 * if seq is 0, shows the row in the feed to this transaction (overlay.h).  seq is what
 * stored_is_known() has found.  A row that repeats an entry of the log is not shown before the
 * flusher has compared the two.  Returns the number of the row in this transaction.
 */
extern int64 stored_put(EntryRow *row, int64 seq);

#endif /* COMMENTARY_STORED_H */
