/*
 * ack.h
 *		The acknowledgement: the ticket that a commit takes.
 */
#ifndef COMMENTARY_ACK_H
#define COMMENTARY_ACK_H

#include "shared/shared.h"

extern void ack_install_callbacks(void);

/* This transaction has staged a row: its commit takes a ticket. */
extern void ack_note_staged(DatabaseState *db);

/* How many rows this transaction has staged, with those it has rolled back since. */
extern int64 ack_rows_staged(void);

/* This transaction wants a rejected row flushed again, when it has committed. */
extern void ack_note_replay(DatabaseState *db);

/* This transaction purges a match: its commit waits until the entries are removed. */
extern void ack_note_purge(DatabaseState *db);

/* The flusher: its transaction takes this row out of staging, when it has committed. */
extern void ack_note_moved(DatabaseState *db, int64 stage_no);

/*
 * The flusher: everything up to the ticket, which was read at read_at, has been
 * dealt with and is on disk; wakes who waits for it.  What did not get into the log
 * must have been noted before (outcome.h).
 */
extern void ack_release(DatabaseState *db, uint64 ticket, TimestampTz read_at);

#endif /* COMMENTARY_ACK_H */
