/*
 * ack.c
 *		The acknowledgement: the ticket that a commit takes, and the durable
 *		wait.
 *
 * The order is what makes it right.  A commit takes its ticket when its rows
 * are already visible (XACT_EVENT_COMMIT comes after ProcArrayEndTransaction,
 * xact.c); the flusher reads the last ticket before it takes its snapshot.
 * So the snapshot sees the rows of every ticket up to the one that was read.
 *
 * The wait stands behind the release of locks, and so holds no lock, no xid
 * and no xmin, but before the client hears of the COMMIT.  There it is too late
 * for an ERROR; whoever cancels it gets a WARNING, as with synchronous
 * replication (SyncRepWaitForLSN in syncrep.c).
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "tcop/dest.h"
#include "tcop/tcopprot.h"
#include "utils/resowner.h"
#include "utils/wait_event.h"

#include "ack.h"
#include "compat.h"
#include "settings.h"

/* How often a waiter looks whether a flusher is there at all. */
#define CHECK_FLUSHER_MS 1000

typedef enum WaitEnd
{
	WAIT_FLUSHED,
	WAIT_CANCELED,
	WAIT_TERMINATED
} WaitEnd;

/* This transaction's database, once it has staged something. */
static DatabaseState *staged_in = NULL;
static int64 rows_staged = 0;
static bool has_replay = false;

/* Taken at commit, waited for a moment later; 0: nothing to wait for. */
static uint64 durable_ticket = 0;

static void on_xact_event(XactEvent event, void *arg);
static void on_resource_release(ResourceReleasePhase phase, bool is_commit,
								bool is_top_level, void *arg);
static void take_commit_ticket(void);
static void wait_after_commit(DatabaseState *db, uint64 ticket);
static WaitEnd wait_for_flush(DatabaseState *db, uint64 ticket);
static void enlist(DatabaseState *db, uint64 ticket);
static void delist(void);

void
ack_install_callbacks(void)
{
	RegisterXactCallback(on_xact_event, NULL);
	RegisterResourceReleaseCallback(on_resource_release, NULL);
}

void
ack_note_staged(DatabaseState *db)
{
	staged_in = db;
	rows_staged++;
	(void) WaitEventFlush(); /* its first use may fail: not after the commit */
}

int64
ack_rows_staged(void)
{
	return rows_staged;
}

void
ack_note_replay(DatabaseState *db)
{
	staged_in = db;
	has_replay = true;
}

uint64
ack_take_ticket(DatabaseState *db)
{
	uint64 ticket = pg_atomic_add_fetch_u64(&db->tickets, 1);

	/*
	 * The flusher says that it is about to sleep and then looks at tickets; we
	 * did the two in the other order, so that one of us sees the other.
	 */
	if (pg_atomic_read_u32(&db->flusher_state) == FLUSHER_IDLE)
		shared_wake_flusher(db);
	return ticket;
}

static void
on_xact_event(XactEvent event, void *arg)
{
	if (staged_in == NULL)
		return;

	switch (event)
	{
		case XACT_EVENT_PRE_PREPARE:
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot PREPARE a transaction that has written commentary"),
					 errdetail("Staged rows are not part of what a prepared transaction keeps across a crash."),
					 errhint("Use COMMIT, or write the commentary in a transaction of its own.")));
			break;
		case XACT_EVENT_COMMIT:
			take_commit_ticket();
			break;
		case XACT_EVENT_ABORT:
			staged_in = NULL;
			rows_staged = 0;
			has_replay = false;
			break;
		default:
			break;
	}
}

static void
take_commit_ticket(void)
{
	uint64 ticket;

	if (has_replay)
		pg_atomic_write_u32(&staged_in->wants_replay, 1);
	ticket = ack_take_ticket(staged_in); /* a barrier: the flag is seen with it */
	rows_staged = 0;
	has_replay = false;

	/* The flusher stages too, when it mends a state; it cannot wait for itself. */
	if (commentary_ack == ACK_DURABLE &&
		pg_atomic_read_u32(&staged_in->flusher_slot) != (uint32) MyProcSlot())
		durable_ticket = ticket;
	else
		staged_in = NULL;
}

static void
on_resource_release(ResourceReleasePhase phase, bool is_commit, bool is_top_level,
					void *arg)
{
	DatabaseState *db = staged_in;
	uint64 ticket = durable_ticket;

	if (ticket == 0 || !is_top_level || phase != RESOURCE_RELEASE_AFTER_LOCKS)
		return;
	durable_ticket = 0;
	staged_in = NULL;
	if (is_commit)
		wait_after_commit(db, ticket);
}

static void
wait_after_commit(DatabaseState *db, uint64 ticket)
{
	switch (wait_for_flush(db, ticket))
	{
		case WAIT_FLUSHED:
			break;
		case WAIT_CANCELED:
			QueryCancelPending = false;
			ereport(WARNING,
					(errcode(ERRCODE_QUERY_CANCELED),
					 errmsg("canceled the wait for the flush of committed commentary"),
					 errdetail("The transaction has committed to staging and will be flushed, but a crash of the server before that would lose it."),
					 errhint("Run SELECT commentary.flush() to wait for it.")));
			break;
		case WAIT_TERMINATED:

			/*
			 * The connection ends.  The client must not take this commit for
			 * durable: end without a word to it.
			 */
			ereport(WARNING,
					(errcode(ERRCODE_ADMIN_SHUTDOWN),
					 errmsg("terminated while waiting for the flush of committed commentary"),
					 errdetail("The transaction has committed to staging and will be flushed, but a crash of the server before that would lose it.")));
			whereToSendOutput = DestNone;
			break;
	}
}

void
ack_wait(DatabaseState *db, uint64 ticket)
{
	while (wait_for_flush(db, ticket) != WAIT_FLUSHED)
		CHECK_FOR_INTERRUPTS();
}

void
ack_release(DatabaseState *db, uint64 ticket)
{
	uint32 database = (uint32) (db - CommentaryShared->databases);

	if (pg_atomic_read_u64(&db->flushed) < ticket)
		pg_atomic_write_u64(&db->flushed, ticket);
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

static WaitEnd
wait_for_flush(DatabaseState *db, uint64 ticket)
{
	WaitEnd end = WAIT_FLUSHED;

	enlist(db, ticket);
	while (pg_atomic_read_u64(&db->flushed) < ticket)
	{
		int events;

		if (ProcDiePending)
			end = WAIT_TERMINATED;
		else if (QueryCancelPending)
			end = WAIT_CANCELED;
		if (end != WAIT_FLUSHED)
			break;

		/* To exit here would be to abort what is committed: a PANIC. */
		events = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_POSTMASTER_DEATH,
						   CHECK_FLUSHER_MS, WaitEventFlush());
		if (events & WL_POSTMASTER_DEATH)
			ProcDiePending = true;
		ResetLatch(MyLatch);
		if ((events & WL_TIMEOUT) && pg_atomic_read_u32(&db->flusher_slot) == NO_PROC)
			shared_request_flusher(db);
	}
	delist();
	return end;
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
	pg_memory_barrier(); /* pairs with ack_release() */
}

static void
delist(void)
{
	pg_atomic_write_u64(&CommentaryShared->waiters[MyProcSlot()].ticket, 0);
}
