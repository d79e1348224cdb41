/*
 * outcome.h
 *		Notes of rows that did not get into the log, for the sessions that wait for them.
 */
#ifndef COMMENTARY_OUTCOME_H
#define COMMENTARY_OUTCOME_H

#include "shared/shared.h"

/* How many notes of a database there were at some time: newer ones concern what follows. */
typedef struct OutcomeMark
{
	uint64 failures;
	uint64 losses;
} OutcomeMark;

/* Call it before the first row is staged. */
extern void outcome_mark(DatabaseState *db, OutcomeMark *mark);

/*
 * The flusher: a row of this transaction was set aside, under this number in
 * commentary.rejected.
 */
extern void outcome_note_rejection(DatabaseState *db, TransactionId xid, int64 rejected_id,
								   const ErrorData *error);

/* The flusher: a row in commentary.rejected was tried again, and failed again. */
extern void outcome_note_failed_replay(DatabaseState *db, int64 rejected_id,
									   const ErrorData *error);

/* The flusher: the entries of this match could not be removed. */
extern void outcome_note_failed_purge(DatabaseState *db, int64 match_id, const ErrorData *error);

/*
 * The flusher, before it releases a ticket.  rows_committed is how many rows had been
 * committed to staging when the ticket was read.  If the flusher has taken out fewer, the
 * others disappeared in another way, and all sessions that wait for tickets up to this one
 * get a warning.
 */
extern void outcome_settle(DatabaseState *db, uint64 ticket, uint64 rows_committed);

/*
 * After the commit of a transaction whose ticket was released: raises WARNINGs for its
 * rows that were set aside, for its replays and purges that failed, and when rows were
 * lost.
 */
extern void outcome_warn(DatabaseState *db, const OutcomeMark *mark, uint64 ticket,
						 bool has_replay, bool has_purge);

/* Inside a transaction: ERROR when rows were lost. */
extern void outcome_fail_if_lost(DatabaseState *db, const OutcomeMark *mark, uint64 ticket);

#endif /* COMMENTARY_OUTCOME_H */
