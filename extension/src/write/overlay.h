/*
 * overlay.h
 *		What this transaction has written to the feed, and the log does not have yet.
 *
 * commentary.feed shows it to the transaction itself, so that an UPDATE of a row that
 * was inserted or changed before, in the same transaction, finds it as it will stand.
 */
#ifndef COMMENTARY_OVERLAY_H
#define COMMENTARY_OVERLAY_H

#include "tables/columns.h"

extern void overlay_install_callbacks(void);

/* A row was staged: as it was given to the feed. */
extern void overlay_add(const EntryRow *row);

/* Is there an insert of this transaction with the client_ref? */
extern bool overlay_has(int64 match_id, Datum client_ref);

#endif /* COMMENTARY_OVERLAY_H */
