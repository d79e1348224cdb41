/*
 * commit.h
 *		The flusher's commits, and what becomes of those that fail.
 */
#ifndef COMMENTARY_COMMIT_H
#define COMMENTARY_COMMIT_H

/* SIGTERM in the flusher. */
extern void commit_handle_sigterm(int signal_number);

/*
 * CommitTransactionCommand(), after which all that was committed is as durable as the
 * settings want it, and may be acknowledged.  Does not return when the flusher has to end
 * and a synchronous standby has not confirmed the commit yet.
 */
extern void commit_durably(void);

/*
 * In PG_CATCH(): ends the transaction that failed, with all that was numbered in
 * it, and returns its error, to be freed by FreeErrorData().
 */
extern ErrorData *commit_fail(void);

/*
 * Waits, outside a transaction, until the commits of the flusher before us may be
 * acknowledged, too: the standby may not have them yet.
 */
extern void commit_confirm_earlier(void);

#endif /* COMMENTARY_COMMIT_H */
