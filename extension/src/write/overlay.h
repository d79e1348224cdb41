/*
 * overlay.h
 *		Rows that this transaction has written to the feed and that are not in the log yet.
 *
 * commentary.feed shows them to the transaction itself.  So an UPDATE finds a row that was
 * inserted or changed earlier in the same transaction.
 */
#ifndef COMMENTARY_OVERLAY_H
#define COMMENTARY_OVERLAY_H

#include "tables/columns.h"

extern void overlay_install_callbacks(void);

/* Adds a row as it was given to the feed; call it when the row is staged. */
extern void overlay_add(const EntryRow *row);

/* Has this transaction inserted a row with the client_ref? */
extern bool overlay_has(int64 match_id, Datum client_ref);

#endif /* COMMENTARY_OVERLAY_H */
