/*
 * outcome.h
 *		Rows that did not get into the log, for the clients that wait for them.
 */
#ifndef COMMENTARY_OUTCOME_H
#define COMMENTARY_OUTCOME_H

#include "shared/shared.h"

/* How much was known of a database at some time. */
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

/* The flusher: a row in commentary.rejected was tried again, in vain. */
extern void outcome_note_failed_replay(DatabaseState *db, int64 rejected_id,
									   const ErrorData *error);

/* The flusher: the entries of this match could not be removed. */
extern void outcome_note_failed_purge(DatabaseState *db, int64 match_id, const ErrorData *error);

/*
 * The flusher, before it releases a ticket: so many rows had been committed to
 * staging when the ticket was read.  If fewer have left it through our commits, the
 * rest went away in another manner, and all that wait for tickets up to this one are
 * told.
 */
extern void outcome_settle(DatabaseState *db, uint64 ticket, uint64 rows_committed);

/*
 * Behind the commit of a transaction whose ticket was released: WARNINGs that name
 * its rows that were set aside, and what of its replays and purges has failed, or say
 * that rows were lost.
 */
extern void outcome_warn(DatabaseState *db, const OutcomeMark *mark, uint64 ticket,
						 bool has_replay, bool has_purge);

/* Inside a transaction: ERROR when rows were lost. */
extern void outcome_fail_if_lost(DatabaseState *db, const OutcomeMark *mark, uint64 ticket);

#endif /* COMMENTARY_OUTCOME_H */
