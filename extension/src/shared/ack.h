/*
 * ack.h
 *		The acknowledgement: the ticket that a commit takes.
 */
#ifndef COMMENTARY_ACK_H
#define COMMENTARY_ACK_H

#include "shared/shared.h"

extern void ack_install_callbacks(void);

/*
 * This transaction has a row to be staged: its commit takes a ticket.  Returns the
 * row's number in the transaction, from 1.
 */
extern int64 ack_note_staged(DatabaseState *db);

/* How many rows this transaction has to stage, without those that it has rolled back. */
extern int64 ack_rows_pending(void);

/* Its rows went into the logged segments: they are as safe as its other changes. */
extern void ack_note_logged(void);

/* Sets the function that is called when rows are rolled back to a savepoint. */
extern void ack_on_undo(void (*undo)(int64 rows_left));

/* Raises the ERROR that a transaction with staged rows cannot be prepared. */
extern void ack_refuse_prepare(void);

/* This transaction wants a rejected row flushed again, when it has committed. */
extern void ack_note_replay(DatabaseState *db);

/*
 * This transaction purges a match.  With is_awaited, its commit waits until the
 * entries are removed.
 */
extern void ack_note_purge(DatabaseState *db, bool is_awaited);

/* The flusher has deleted this row: it leaves staging when the transaction commits. */
extern void ack_note_moved(DatabaseState *db, int64 stage_no);

/*
 * The flusher: all rows up to the ticket, which was read at read_at, have been
 * flushed or set aside, and this is on disk.  Wakes the backends that wait for it.  Rows that
 * did not get into the log must have been noted before (outcome.h).
 */
extern void ack_release(DatabaseState *db, uint64 ticket, TimestampTz read_at);

#endif /* COMMENTARY_ACK_H */
