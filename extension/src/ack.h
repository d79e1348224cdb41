/*
 * ack.h
 *		The acknowledgement: what COMMIT promises about staged rows, and how
 *		it waits for that.
 */
#ifndef COMMENTARY_ACK_H
#define COMMENTARY_ACK_H

#include "shared.h"

extern void ack_install_callbacks(void);

/* This transaction has staged a row: its commit takes a ticket. */
extern void ack_note_staged(DatabaseState *db);

/* How many rows this transaction has staged, with those it has rolled back since. */
extern int64 ack_rows_staged(void);

/* This transaction wants a rejected row flushed again, when it has committed. */
extern void ack_note_replay(DatabaseState *db);

/* A ticket outside any commit, for one who wants to wait for a flush. */
extern uint64 ack_take_ticket(DatabaseState *db);

/*
 * Waits until the ticket is flushed, and can be cancelled like any statement
 * (ERROR).  For use inside a transaction; COMMIT has a wait of its own.
 */
extern void ack_wait(DatabaseState *db, uint64 ticket);

/* The flusher: everything up to the ticket is on disk; wake who waits for it. */
extern void ack_release(DatabaseState *db, uint64 ticket);

#endif /* COMMENTARY_ACK_H */
