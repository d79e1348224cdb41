/*
 * wait.c
 *		Waiting for a flush: after a commit, or inside a statement.
 *
 * The wait after a commit begins when the locks are released, and so holds no lock, no xid
 * and no xmin; it comes before the client hears of the COMMIT.  There it is too late for an
 * ERROR: a wait that ends early ends with a WARNING, as with synchronous replication
 * (SyncRepWaitForLSN in syncrep.c).  The wait calls no CHECK_FOR_INTERRUPTS(), so it
 * absorbs by itself the barriers that other processes wait for.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "storage/procsignal.h"
#include "tcop/dest.h"
#include "tcop/tcopprot.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "base/compat.h"
#include "base/settings.h"
#include "shared/health.h"
#include "shared/ticket.h"
#include "shared/wait.h"

/* How often a waiting backend looks whether the flusher and its own client are there. */
#define TICK_MS 1000

typedef enum WaitEnd
{
	WAIT_FLUSHED,
	WAIT_CANCELED,
	WAIT_TERMINATED,
	WAIT_TIMED_OUT,
	WAIT_CLIENT_GONE
} WaitEnd;

static WaitEnd wait_for_flush(const Wait *wait, int timeout_ms);
static bool is_over(const Wait *wait);
static WaitEnd what_ends_it(TimestampTz deadline);
static void sleep_a_while(TimestampTz deadline);
static bool tick(DatabaseState *db);
static void process_barrier(void);
static bool client_is_gone(void);
static void warn_of_end(const Wait *wait, WaitEnd end);
static const char *what_holds(const Wait *wait);
static void warn_timed_out(const Wait *wait);
static void warn_purge_goes_on(void);
static void fail_if_own_lock(DatabaseState *db);
static void enlist(DatabaseState *db, uint64 ticket);
static void delist(void);

void
wait_begin(Wait *wait, DatabaseState *db)
{
	wait->db = db;
	wait->ticket = 0;
	wait->purge = 0;
	wait->has_replay = wait->is_logged = false;
	outcome_mark(db, &wait->mark);
	(void) WaitEventFlush(); /* its first use may fail */
}

void
wait_after_commit(const Wait *wait)
{
	WaitEnd end = wait_for_flush(wait, commentary_ack_timeout_ms);

	if (end == WAIT_FLUSHED)
		outcome_warn(wait->db, &wait->mark, wait->ticket, wait->has_replay, wait->purge != 0);
	else
		warn_of_end(wait, end);
}

void
wait_in_statement(DatabaseState *db)
{
	Wait wait;

	wait_begin(&wait, db);
	wait.ticket = ticket_take(db);
	while (wait_for_flush(&wait, TICK_MS) != WAIT_FLUSHED)
	{
		CHECK_FOR_INTERRUPTS();
		fail_if_own_lock(db);
	}
	outcome_fail_if_lost(db, &wait.mark, wait.ticket);
}

void
wait_wake(DatabaseState *db, uint64 ticket)
{
	uint32 database = (uint32) (db - CommentaryShared->databases);

	pg_memory_barrier(); /* pairs with enlist() */
	for (int i = 0; i < CommentaryShared->num_waiters; i++)
	{
		Waiter *waiter = &CommentaryShared->waiters[i];
		uint64 awaited = pg_atomic_read_u64(&waiter->ticket);

		if (awaited != 0 && awaited <= ticket &&
			pg_atomic_read_u32(&waiter->database) == database)
			SetLatch(&ProcGlobal->allProcs[i].procLatch);
	}
}

/* A timeout of 0 waits as long as it takes. */
static WaitEnd
wait_for_flush(const Wait *wait, int timeout_ms)
{
	TimestampTz deadline =
		timeout_ms == 0 ? DT_NOEND
						: TimestampTzPlusMilliseconds(GetCurrentTimestamp(), timeout_ms);
	TimestampTz next_tick = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), TICK_MS);
	WaitEnd end = WAIT_FLUSHED;

	enlist(wait->db, wait->ticket);
	while (!is_over(wait))
	{
		end = what_ends_it(deadline);
		if (end != WAIT_FLUSHED)
			break;
		sleep_a_while(Min(deadline, next_tick));
		if (GetCurrentTimestamp() < next_tick)
			continue;
		if (!tick(wait->db))
		{
			end = WAIT_CLIENT_GONE;
			break;
		}
		next_tick = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), TICK_MS);
	}
	delist();
	return end;
}

static bool
is_over(const Wait *wait)
{
	return pg_atomic_read_u64(&wait->db->flushed) >= wait->ticket &&
		   pg_atomic_read_u64(&wait->db->purged) >= wait->purge;
}

static WaitEnd
what_ends_it(TimestampTz deadline)
{
	if (ProcDiePending)
		return WAIT_TERMINATED;
	if (QueryCancelPending)
		return WAIT_CANCELED;
	return GetCurrentTimestamp() >= deadline ? WAIT_TIMED_OUT : WAIT_FLUSHED;
}

static void
sleep_a_while(TimestampTz until)
{
	long ms = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);
	int events;

	/* An exit here would abort a committed transaction: a PANIC. */
	events = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_POSTMASTER_DEATH, ms,
					   WaitEventFlush());
	if (events & WL_POSTMASTER_DEATH)
		ProcDiePending = true;
	ResetLatch(MyLatch);
	process_barrier();
}

/* False: the client has gone, and would not hear of the commit. */
static bool
tick(DatabaseState *db)
{
	if (pg_atomic_read_u32(&db->flusher_slot) == NO_PROC)
		shared_request_flusher(db);
	return !client_is_gone();
}

/* DROP DATABASE, of whichever database, waits until all processes have done it. */
static void
process_barrier(void)
{
	MemoryContext context = CurrentMemoryContext;

	if (!ProcSignalBarrierPending)
		return;
	PG_TRY();
	{
		ProcessProcSignalBarrier();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		FlushErrorState(); /* it is tried again */
	}
	PG_END_TRY();
}

static bool
client_is_gone(void)
{
	return MyProcPort != NULL && whereToSendOutput == DestRemote &&
		   WaitEventSetCanReportClosed() && !pq_check_connection();
}

/* How a wait after a commit has ended, if not as it should. */
static void
warn_of_end(const Wait *wait, WaitEnd end)
{
	bool is_flushed = pg_atomic_read_u64(&wait->db->flushed) >= wait->ticket;

	if (is_flushed && (end == WAIT_CANCELED || end == WAIT_TIMED_OUT))
	{
		QueryCancelPending = false;
		warn_purge_goes_on();
		return;
	}
	if (wait->is_logged)
		XLogFlush(XactLastCommitEnd); /* pending.c has left that to the flusher's commit */
	switch (end)
	{
		case WAIT_FLUSHED:
			break;
		case WAIT_CANCELED:
			QueryCancelPending = false;
			ereport(WARNING,
					(errcode(ERRCODE_QUERY_CANCELED),
					 errmsg("canceled the wait for the flush of committed commentary"),
					 errdetail("%s", what_holds(wait)),
					 errhint("Run SELECT commentary.flush() to wait for it.")));
			break;
		case WAIT_TIMED_OUT:
			warn_timed_out(wait);
			break;
		case WAIT_TERMINATED:

			/*
			 * The connection ends.  The client must not take this commit for durable: end
			 * without an answer.
			 */
			ereport(WARNING,
					(errcode(ERRCODE_ADMIN_SHUTDOWN),
					 errmsg("terminated while waiting for the flush of committed commentary"),
					 errdetail("%s", what_holds(wait))));
			whereToSendOutput = DestNone;
			break;
		case WAIT_CLIENT_GONE:
			ClientConnectionLost = true; /* the next CHECK_FOR_INTERRUPTS() ends us */
			InterruptPending = true;
			whereToSendOutput = DestNone;
			break;
	}
}

/* What the client may count on, and no more. */
static const char *
what_holds(const Wait *wait)
{
	return wait->is_logged
			   ? "The transaction has committed and is on the disk of this server, with its commentary, which has no seq yet and is not announced; it will be flushed, also after a crash."
			   : "The transaction has committed to staging and will be flushed, but a crash of the server before that would lose it.";
}

static void
warn_timed_out(const Wait *wait)
{
	Health health;

	health_read(wait->db, &health);
	ereport(WARNING,
			(errcode(ERRCODE_QUERY_CANCELED),
			 errmsg("the flush of committed commentary takes longer than commentary.ack_timeout"),
			 health.waits_for[0] != '\0'
				 ? errdetail("%s The flusher waits for %s.", what_holds(wait), health.waits_for)
				 : errdetail("%s", what_holds(wait)),
			 errhint("SELECT * FROM commentary.check() tells what holds the flusher up; SELECT commentary.flush() waits for it.")));
}

static void
warn_purge_goes_on(void)
{
	ereport(WARNING,
			(errcode(ERRCODE_QUERY_CANCELED),
			 errmsg("the entries of a purged match are still being removed"),
			 errdetail("The match is gone; the flusher goes on to remove its entries."),
			 errhint("SELECT * FROM commentary.check() tells when it is done.")));
}

/* A transaction that holds the flusher up must not wait for it: it would wait for ever. */
static void
fail_if_own_lock(DatabaseState *db)
{
	Health health;

	health_read(db, &health);
	for (int i = 0; i < health.num_blockers; i++)
	{
		if (health.blockers[i] != MyProcPid)
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_T_R_DEADLOCK_DETECTED),
				 errmsg("this transaction waits for itself"),
				 errdetail("The flusher waits for %s, which this transaction has locked.",
						   health.waits_for),
				 errhint("End the transaction first, and then wait for the flush.")));
	}
}

/*
 * The ticket is written last and cleared first: the flusher reads the database
 * only beside a ticket.
 */
static void
enlist(DatabaseState *db, uint64 ticket)
{
	Waiter *waiter = &CommentaryShared->waiters[MyProcSlot()];

	pg_atomic_write_u32(&waiter->database, (uint32) (db - CommentaryShared->databases));
	pg_write_barrier();
	pg_atomic_write_u64(&waiter->ticket, ticket);
	pg_memory_barrier(); /* pairs with wait_wake() */
}

static void
delist(void)
{
	pg_atomic_write_u64(&CommentaryShared->waiters[MyProcSlot()].ticket, 0);
}
