/*
 * wait.h
 *		Waiting for a flush: after a commit, or inside a statement.
 */
#ifndef COMMENTARY_WAIT_H
#define COMMENTARY_WAIT_H

#include "shared/outcome.h"
#include "shared/shared.h"

/* One backend's wait for one ticket. */
typedef struct Wait
{
	DatabaseState *db;
	uint64 ticket;	  /* 0: there is nothing to wait for */
	uint64 purge;	  /* a purge to wait for as well; 0: none */
	OutcomeMark mark; /* what was known before the first row was staged */
	bool has_replay;
	bool is_logged; /* what is waited for is in the WAL: only the flush is missing */
} Wait;

/*
 * Prepares for wait_after_commit(), before anything is staged.  What may fail is done here:
 * after the commit an ERROR would be a PANIC.
 */
extern void wait_begin(Wait *wait, DatabaseState *db);

/*
 * After a commit, with no lock held: waits until the ticket is flushed, at most
 * commentary.ack_timeout; when it ends earlier, a commit that is logged is flushed to this
 * server's disk.  Never an ERROR: a WARNING says what was not reached, and which rows did
 * not get into the log.
 */
extern void wait_after_commit(const Wait *wait);

/*
 * Inside a transaction: waits until a new ticket is flushed, and can be cancelled
 * like any statement (ERROR).  ERROR, too, when it would wait for itself, or when
 * rows went away without being flushed.
 */
extern void wait_in_statement(DatabaseState *db);

/* The flusher: wakes the backends that wait for a ticket up to this one. */
extern void wait_wake(DatabaseState *db, uint64 ticket);

#endif /* COMMENTARY_WAIT_H */
