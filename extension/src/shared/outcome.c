/*
 * outcome.c
 *		Notes of rows that did not get into the log, for the sessions that wait for them.
 *
 * A ticket is released when all rows up to it have left staging.  Nearly always they
 * are in the log then.  Two other things can happen.  A row was set
 * aside (reject.c): its transaction is found by the xid of the staged row.  Or rows
 * disappeared, because the extension was dropped or a superuser emptied
 * a segment: then nobody knows whose rows they were, and all sessions that wait get a
 * warning.
 *
 * Both are noted in small rings in shared memory.  When a ring overflows before a
 * waiter has read it, the warning says that there may be more.
 */
#include "postgres.h"

#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "shared/outcome.h"

/* A WARNING names at most so many. */
#define MAX_NAMED 8

/* A waiter's own copy of what it is told. */
typedef struct Verdict
{
	int count;
	bool is_partly; /* the ring was too small: there may be more */
	int num_named;
	int64 named[MAX_NAMED];
	Failure first;
} Verdict;

static void note(DatabaseState *db, FailureKind kind, TransactionId xid, int64 number,
				 const ErrorData *error);
static void warn_of(DatabaseState *db, const OutcomeMark *mark, FailureKind kind);
static void judge(DatabaseState *db, const OutcomeMark *mark, FailureKind kind,
				  Verdict *verdict);
static void warn_of_many(void);
static void warn_of_rows(const Verdict *verdict);
static void warn_of_purge(const Verdict *verdict);
static bool is_for_us(const Failure *failure, FailureKind kind);
static int64 rows_lost(DatabaseState *db, const OutcomeMark *mark, uint64 ticket);

void
outcome_mark(DatabaseState *db, OutcomeMark *mark)
{
	mark->failures = pg_atomic_read_u64(&db->outcomes.failures);
	mark->losses = pg_atomic_read_u64(&db->outcomes.losses);
}

void
outcome_note_rejection(DatabaseState *db, TransactionId xid, int64 rejected_id,
					   const ErrorData *error)
{
	note(db, FAILED_ROW, xid, rejected_id, error);
}

void
outcome_note_failed_replay(DatabaseState *db, int64 rejected_id, const ErrorData *error)
{
	note(db, FAILED_REPLAY, InvalidTransactionId, rejected_id, error);
}

void
outcome_note_failed_purge(DatabaseState *db, int64 match_id, const ErrorData *error)
{
	note(db, FAILED_PURGE, InvalidTransactionId, match_id, error);
}

static void
note(DatabaseState *db, FailureKind kind, TransactionId xid, int64 number,
	 const ErrorData *error)
{
	const char *words = error->message == NULL ? "unknown error" : error->message;
	int length = pg_mbcliplen(words, (int) strlen(words), OBSTACLE_BYTES - 1);
	Failure *failure;

	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	failure = &db->outcomes.failed[pg_atomic_read_u64(&db->outcomes.failures) % MAX_FAILURES];
	failure->kind = kind;
	failure->xid = xid;
	failure->number = number;
	failure->sqlerrcode = error->sqlerrcode;
	memcpy(failure->error, words, length);
	failure->error[length] = '\0';
	pg_atomic_fetch_add_u64(&db->outcomes.failures, 1);
	LWLockRelease(CommentaryShared->lock);
}

void
outcome_settle(DatabaseState *db, uint64 ticket, uint64 rows_committed)
{
	uint64 moved = pg_atomic_read_u64(&db->rows_moved);
	Loss loss = { pg_atomic_read_u64(&db->flushed) + 1, ticket, (int64) (rows_committed - moved) };

	if (likely(moved >= rows_committed))
		return;
	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	db->outcomes.lost[pg_atomic_read_u64(&db->outcomes.losses) % MAX_LOSSES] = loss;
	pg_atomic_fetch_add_u64(&db->outcomes.losses, 1);
	LWLockRelease(CommentaryShared->lock);
	pg_atomic_write_u64(&db->rows_moved, rows_committed);
	ereport(WARNING,
			(errmsg("commentary lost " INT64_FORMAT " staged rows", loss.rows),
			 errdetail("They were removed from staging by somebody else than the flusher, or with the extension."),
			 errhint("Sessions that wait for their commit get a WARNING.")));
}

void
outcome_warn(DatabaseState *db, const OutcomeMark *mark, uint64 ticket, bool has_replay,
			 bool has_purge)
{
	int64 lost;

	if (pg_atomic_read_u64(&db->outcomes.failures) != mark->failures)
	{
		warn_of(db, mark, FAILED_ROW);
		if (has_replay)
			warn_of(db, mark, FAILED_REPLAY);
		if (has_purge)
			warn_of(db, mark, FAILED_PURGE);
	}
	lost = rows_lost(db, mark, ticket);
	if (lost > 0)
		ereport(WARNING,
				(errcode(ERRCODE_T_R_STATEMENT_COMPLETION_UNKNOWN),
				 errmsg("committed commentary was lost before it was flushed"),
				 errdetail(INT64_FORMAT " staged rows were removed by somebody else than the flusher, or with the extension; those of this transaction may be among them.",
						   lost),
				 errhint("Post again what is not in commentary.entry.")));
}

void
outcome_fail_if_lost(DatabaseState *db, const OutcomeMark *mark, uint64 ticket)
{
	int64 lost = rows_lost(db, mark, ticket);

	if (lost > 0)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_STATEMENT_COMPLETION_UNKNOWN),
				 errmsg("committed commentary was lost before it was flushed"),
				 errdetail(INT64_FORMAT " staged rows were removed by somebody else than the flusher, or with the extension.",
						   lost)));
}

static void
warn_of(DatabaseState *db, const OutcomeMark *mark, FailureKind kind)
{
	Verdict verdict;

	judge(db, mark, kind, &verdict);
	if (verdict.count > 0 && kind == FAILED_PURGE)
		warn_of_purge(&verdict);
	else if (verdict.count > 0)
		warn_of_rows(&verdict);
	else if (verdict.is_partly && kind == FAILED_ROW)
		warn_of_many();
}

/* The ring has forgotten some failures, and one may be ours: silence would acknowledge it. */
static void
warn_of_many(void)
{
	ereport(WARNING,
			(errcode(ERRCODE_T_R_STATEMENT_COMPLETION_UNKNOWN),
			 errmsg("commentary set aside many rows: those of this transaction may be among them"),
			 errdetail("More rows were set aside at once than can be told apart by their transactions."),
			 errhint("Look for the rows in commentary.entry and commentary.rejected.")));
}

/* What has failed since the mark, oldest first. */
static void
judge(DatabaseState *db, const OutcomeMark *mark, FailureKind kind, Verdict *verdict)
{
	uint64 end;

	verdict->count = verdict->num_named = 0;
	LWLockAcquire(CommentaryShared->lock, LW_SHARED);
	end = pg_atomic_read_u64(&db->outcomes.failures);
	verdict->is_partly = end - mark->failures > MAX_FAILURES;
	for (uint64 i = Max(mark->failures, end - Min(end, MAX_FAILURES)); i < end; i++)
	{
		const Failure *failure = &db->outcomes.failed[i % MAX_FAILURES];

		if (!is_for_us(failure, kind))
			continue;
		if (verdict->count++ == 0)
			verdict->first = *failure;
		if (verdict->num_named < MAX_NAMED)
			verdict->named[verdict->num_named++] = failure->number;
	}
	LWLockRelease(CommentaryShared->lock);
}

/* Sessions that replay or purge at the same time are told of each other's failures too: each
 * has its number. */
static bool
is_for_us(const Failure *failure, FailureKind kind)
{
	return failure->kind == kind &&
		   (kind != FAILED_ROW || TransactionIdIsCurrentTransactionId(failure->xid));
}

static void
warn_of_rows(const Verdict *verdict)
{
	const Failure *first = &verdict->first;
	const char *more = verdict->is_partly || verdict->count > verdict->num_named ? " and more" : "";
	char numbers[MAX_NAMED * 24] = "";

	for (int i = 0; i < verdict->num_named; i++)
		snprintf(numbers + strlen(numbers), sizeof(numbers) - strlen(numbers),
				 "%s" INT64_FORMAT, i == 0 ? "" : ", ", verdict->named[i]);
	ereport(WARNING,
			(errcode(first->sqlerrcode),
			 first->kind == FAILED_REPLAY
				 ? errmsg("commentary cannot flush a rejected row yet: %s", first->error)
				 : errmsg("commentary could not be flushed and was set aside: %s", first->error),
			 errdetail("Not in the log, but in commentary.rejected, rejected_id %s%s.", numbers, more),
			 errhint("Correct the cause of the error, then SELECT commentary.replay_rejected(" INT64_FORMAT ").",
					 first->number)));
}

static void
warn_of_purge(const Verdict *verdict)
{
	bool is_lobby = verdict->first.number == 0;

	ereport(WARNING,
			(errcode(verdict->first.sqlerrcode),
			 errmsg("the entries of match " INT64_FORMAT " cannot be removed: %s",
					verdict->first.number, verdict->first.error),
			 is_lobby
				 ? errdetail("The lobby's entries stay until they can be removed.")
				 : errdetail("The match is gone, and its entries stay until they can be removed."),
			 is_lobby
				 ? errhint("Correct the cause of the error, then call commentary.purge_lobby() again.")
				 : errhint("Correct the cause of the error, then SELECT commentary.purge(" INT64_FORMAT ") again.",
						   verdict->first.number)));
}

/* How many rows were lost for a range of tickets that holds this ticket. */
static int64
rows_lost(DatabaseState *db, const OutcomeMark *mark, uint64 ticket)
{
	int64 rows = 0;
	uint64 end;

	if (pg_atomic_read_u64(&db->outcomes.losses) == mark->losses)
		return 0;
	LWLockAcquire(CommentaryShared->lock, LW_SHARED);
	end = pg_atomic_read_u64(&db->outcomes.losses);
	if (end - mark->losses > MAX_LOSSES)
		rows = 1; /* what there was of our time is forgotten: be careful */
	for (uint64 i = Max(mark->losses, end - Min(end, MAX_LOSSES)); i < end; i++)
	{
		const Loss *loss = &db->outcomes.lost[i % MAX_LOSSES];

		if (loss->first_ticket <= ticket && ticket <= loss->last_ticket)
			rows += loss->rows;
	}
	LWLockRelease(CommentaryShared->lock);
	return rows;
}
