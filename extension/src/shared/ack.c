/*
 * ack.c
 *		The acknowledgement: the ticket that a commit takes.
 *
 * The order is what makes it right.  A commit takes its ticket when its rows
 * are already visible (XACT_EVENT_COMMIT comes after ProcArrayEndTransaction,
 * xact.c); the flusher reads the last ticket before it takes its snapshot.
 * So the snapshot sees the rows of every ticket up to the one that was read.
 *
 * Rows are counted on both sides, so that the flusher knows whether the rows of
 * a ticket left staging through its own commits, and in no other way (outcome.c).
 */
#include "postgres.h"

#include "access/xact.h"
#include "storage/proc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "base/compat.h"
#include "base/settings.h"
#include "shared/ack.h"
#include "shared/ticket.h"
#include "shared/wait.h"

/* What this transaction leaves to the flusher, without what it has rolled back. */
typedef struct Pending
{
	int64 rows;
	bool has_replay; /* a rejected row is to be flushed again */
	bool has_purge;	 /* the entries of a match are to be removed */
	bool awaits_purge;
} Pending;

/* What was pending when a subtransaction first added to it. */
typedef struct Mark
{
	int level; /* GetCurrentTransactionNestLevel() */
	Pending before;
} Mark;

#define FIRST_MARKS 16

/* This transaction's database, once it has something to be staged. */
static DatabaseState *staged_in = NULL;
static int64 rows_put = 0; /* with those that were rolled back */
static Pending pending = { 0 };
static bool is_logged = false; /* its rows are in logged segments */

static void (*on_undo)(int64 rows_left) = NULL;

/* A stack, of at most one mark for each level of nesting. */
static Mark *marks = NULL;
static int num_marks = 0;
static int max_marks = 0;

/* The flusher's own transaction: so many rows leave staging with it. */
static DatabaseState *moved_in = NULL;
static int64 rows_moved = 0;

/* Begun with the first row, and waited for after the commit. */
static Wait commit_wait = { 0 };

static void on_xact_event(XactEvent event, void *arg);
static void on_subxact_event(SubXactEvent event, SubTransactionId own,
							 SubTransactionId parent, void *arg);
static void on_resource_release(ResourceReleasePhase phase, bool is_commit,
								bool is_top_level, void *arg);
static void note_pending(DatabaseState *db);
static void mark_level(void);
static void merge_level(int level);
static void undo_level(int level);
static bool has_pending(void);
static void take_commit_ticket(void);
static void forget_transaction(void);

void
ack_install_callbacks(void)
{
	RegisterXactCallback(on_xact_event, NULL);
	RegisterSubXactCallback(on_subxact_event, NULL);
	RegisterResourceReleaseCallback(on_resource_release, NULL);
}

int64
ack_note_staged(DatabaseState *db)
{
	note_pending(db);
	pending.rows++;
	return ++rows_put;
}

int64
ack_rows_pending(void)
{
	return pending.rows;
}

void
ack_note_logged(void)
{
	is_logged = true;
}

void
ack_on_undo(void (*undo)(int64 rows_left))
{
	on_undo = undo;
}

void
ack_note_replay(DatabaseState *db)
{
	note_pending(db);
	pending.has_replay = true;
}

void
ack_note_purge(DatabaseState *db, bool is_awaited)
{
	note_pending(db);
	pending.has_purge = true;
	pending.awaits_purge |= is_awaited;
}

void
ack_note_moved(DatabaseState *db, int64 stage_no)
{
	if ((uint64) stage_no <= db->leftover_stage_no)
		return; /* it was committed in an earlier run of the server */
	moved_in = db;
	rows_moved++;
}

void
ack_release(DatabaseState *db, uint64 ticket, TimestampTz read_at)
{
	if (pg_atomic_read_u64(&db->flushed) < ticket)
		pg_atomic_write_u64(&db->flushed, ticket);

	/*
	 * Commits that wait now came after the ticket was read.  When there is none,
	 * say so, and look again: a commit takes its ticket and then looks here.
	 */
	if (pg_atomic_read_u64(&db->tickets) != ticket)
		pg_atomic_write_u64(&db->oldest_at, (uint64) read_at);
	else
	{
		pg_atomic_write_u64(&db->oldest_at, 0);
		pg_memory_barrier();
		if (pg_atomic_read_u64(&db->tickets) != ticket)
			ticket_note_oldest(db);
	}
	wait_wake(db, ticket);
}

static void
on_xact_event(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_PREPARE:
			if (has_pending())
				ack_refuse_prepare();
			break;
		case XACT_EVENT_COMMIT:
			if (rows_moved > 0)
				pg_atomic_fetch_add_u64(&moved_in->rows_moved, rows_moved);
			if (has_pending())
				take_commit_ticket();
			forget_transaction();
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			commit_wait.ticket = 0;
			forget_transaction();
			break;
		default:
			break;
	}
}

static void
on_subxact_event(SubXactEvent event, SubTransactionId own, SubTransactionId parent, void *arg)
{
	if (num_marks == 0)
		return;
	if (event == SUBXACT_EVENT_COMMIT_SUB)
		merge_level(GetCurrentTransactionNestLevel());
	else if (event == SUBXACT_EVENT_ABORT_SUB)
		undo_level(GetCurrentTransactionNestLevel());
}

static void
note_pending(DatabaseState *db)
{
	if (GetCurrentTransactionNestLevel() > 1)
		mark_level();
	if (staged_in == NULL)
		wait_begin(&commit_wait, db);
	staged_in = db;
}

/* Remembers what was pending, unless this subtransaction has a mark already. */
static void
mark_level(void)
{
	int level = GetCurrentTransactionNestLevel();

	if (num_marks > 0 && marks[num_marks - 1].level == level)
		return;
	if (num_marks == max_marks)
	{
		int count = Max(FIRST_MARKS, max_marks * 2);
		Size size = count * sizeof(Mark);

		marks = marks == NULL ? MemoryContextAlloc(TopMemoryContext, size) : repalloc(marks, size);
		max_marks = count;
	}
	marks[num_marks].level = level;
	marks[num_marks].before = pending;
	num_marks++;
}

/* What a subtransaction has added is its parent's from now on. */
static void
merge_level(int level)
{
	Mark *last = &marks[num_marks - 1];
	bool has_parents_mark;

	if (last->level != level)
		return;
	has_parents_mark = num_marks > 1 && marks[num_marks - 2].level == level - 1;
	if (level == 2 || has_parents_mark)
		num_marks--;
	else
		last->level = level - 1;
}

static void
undo_level(int level)
{
	while (num_marks > 0 && marks[num_marks - 1].level >= level)
		pending = marks[--num_marks].before;
	if (on_undo != NULL)
		on_undo(pending.rows);
}

static bool
has_pending(void)
{
	return pending.rows > 0 || pending.has_replay || pending.has_purge;
}

void
ack_refuse_prepare(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("cannot PREPARE a transaction that has written commentary"),
			 errdetail("A prepared transaction survives a crash, but not the rows that wait in the session for the flusher."),
			 errhint("Use COMMIT, or write the commentary in a transaction of its own.")));
}

static void
take_commit_ticket(void)
{
	uint64 ticket, purge = 0;

	if (pending.has_purge)
	{
		pg_atomic_fetch_add_u64(&staged_in->log_changes, 1);
		purge = pg_atomic_add_fetch_u64(&staged_in->purges, 1);
	}
	if (pending.has_replay)
		pg_atomic_write_u32(&staged_in->wants_replay, 1);

	/* Each is a barrier: a process that sees the ticket sees the flag and the rows too. */
	pg_atomic_fetch_add_u64(&staged_in->rows_committed, pending.rows);
	ticket = ticket_take(staged_in);

	/* The flusher stages too, when it mends a state; it cannot wait for itself. */
	if (commentary_ack == ACK_DURABLE &&
		(pending.rows > 0 || pending.has_replay || pending.awaits_purge) &&
		pg_atomic_read_u32(&staged_in->flusher_slot) != (uint32) MyProcSlot())
	{
		commit_wait.ticket = ticket;
		commit_wait.purge = pending.awaits_purge ? purge : 0;
		commit_wait.has_replay = pending.has_replay;
		commit_wait.is_logged = is_logged;
	}
}

static void
forget_transaction(void)
{
	staged_in = moved_in = NULL;
	rows_put = rows_moved = 0;
	is_logged = false;
	pending = (Pending){ 0 };
	num_marks = 0;
}

static void
on_resource_release(ResourceReleasePhase phase, bool is_commit, bool is_top_level,
					void *arg)
{
	Wait wait = commit_wait;

	if (wait.ticket == 0 || !is_top_level || phase != RESOURCE_RELEASE_AFTER_LOCKS)
		return;
	commit_wait.ticket = 0;
	if (is_commit)
		wait_after_commit(&wait);
}
