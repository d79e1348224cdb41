/*
 * pending.c
 *		The rows of this transaction, which wait in the backend until its commit.
 *
 * If rows were staged at once, each flush would look at them until their
 * transaction ends, and their segment could not be emptied.  So rows are staged at the
 * end of the transaction (XACT_EVENT_PRE_COMMIT, after deferred triggers).  Rows that are
 * rolled back are never staged, and long and nested transactions cost other sessions nothing.
 *
 * Only at the end is it known whether the transaction has other WAL, which decides where its
 * rows go.  Without other WAL they go into unlogged segments, and write none.  With other WAL
 * they go into logged segments, so that after a crash or a promotion all of the transaction is
 * there, or nothing of it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "storage/proc.h"

#include "base/compat.h"
#include "base/settings.h"
#include "shared/ack.h"
#include "staging/pending.h"
#include "staging/room.h"
#include "staging/row_store.h"
#include "staging/staging.h"
#include "tables/following.h"

typedef enum Phase
{
	PHASE_OPEN,
	PHASE_COMMITTING, /* the rows have been staged */
	PHASE_PREPARING
} Phase;

#define NOT_RELAXED (-1)

static RowStore *store = NULL;
static Phase phase = PHASE_OPEN;

/* synchronous_commit before relax_commit() changed it for this commit. */
static int synchronous_commit_before = NOT_RELAXED;

static void on_xact_event(XactEvent event, void *arg);
static void on_undo(int64 rows);
static void put_late(DatabaseState *db, EntryRow *row);
static void stage_rows(void);
static Ring choose_ring(void);
static void relax_commit(DatabaseState *db);
static void forget(void);

void
pending_install_callbacks(void)
{
	RegisterXactCallback(on_xact_event, NULL);
	ack_on_undo(on_undo);
}

int64
pending_put(EntryRow *row)
{
	DatabaseState *db = shared_database();

	staging_require(db);
	if (store == NULL)
		following_refuse(db);
	room_check_transaction();
	room_wait(db);
	if (unlikely(phase != PHASE_OPEN))
		put_late(db, row);
	else
	{
		if (store == NULL)
			store = row_store_new();
		row_store_add(store, row);
	}
	return ack_note_staged(db);
}

int64
pending_count(void)
{
	return store == NULL ? 0 : row_store_count(store);
}

bool
pending_walk(PendingVisitor visit, void *argument)
{
	EntryRow row;

	if (store == NULL)
		return true;
	row_store_rewind(store);
	while (row_store_next(store, &row))
	{
		if (!visit(&row, argument))
			return false;
	}
	return true;
}

static void
on_xact_event(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			stage_rows();
			phase = PHASE_COMMITTING;
			break;
		case XACT_EVENT_PRE_PREPARE:
			phase = PHASE_PREPARING; /* with rows, ack.c has refused it or will do so */
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			forget();
			break;
		default:
			break;
	}
}

static void
on_undo(int64 rows)
{
	if (store != NULL)
		row_store_keep(store, rows);
}

/*
 * A callback of another library may write commentary at the end of the transaction, after our
 * callback has run.  Then the row is staged at once.
 */
static void
put_late(DatabaseState *db, EntryRow *row)
{
	Ring ring;

	if (phase == PHASE_PREPARING)
		ack_refuse_prepare();
	ring = choose_ring();
	staging_write_row(db, ring, row);
	if (ring == RING_LOGGED)
		ack_note_logged();
}

static void
stage_rows(void)
{
	DatabaseState *db;
	Ring ring;

	if (store == NULL || row_store_count(store) == 0)
	{
		if (store != NULL)
			row_store_free(store);
		store = NULL;
		return;
	}
	db = shared_database();
	room_wait(db); /* other sessions may have filled staging since */
	ring = choose_ring();
	staging_write(db, ring, store);
	row_store_free(store);
	store = NULL;
	if (ring == RING_LOGGED)
	{
		ack_note_logged();
		relax_commit(db);
	}
}

/*
 * Logged if the transaction has written any WAL.  This errs only to the safe side: WAL that
 * does not matter, such as hint bits of a page that was read, counts too.  The design notes of
 * the README say why the transaction id is not used instead.
 */
static Ring
choose_ring(void)
{
	return XactLastRecEnd != InvalidXLogRecPtr && staging_has_logged_ring() ? RING_LOGGED
																			: RING_UNLOGGED;
}

/*
 * The flush that this commit waits for comes later in the WAL.  When the flush is acknowledged,
 * it is on disk (and at the standby), and so is our commit record: waiting for the record first
 * would only add a second wait.  If the wait for the flush ends early, wait.c waits for the
 * record.  A session that asks for remote_apply waits as usual, because the flusher does not
 * always wait for that.
 */
static void
relax_commit(DatabaseState *db)
{
	if (commentary_ack != ACK_DURABLE || synchronous_commit <= SYNCHRONOUS_COMMIT_OFF ||
		synchronous_commit > SYNCHRONOUS_COMMIT_REMOTE_FLUSH ||
		pg_atomic_read_u32(&db->flusher_slot) == (uint32) MyProcSlot())
		return;
	synchronous_commit_before = synchronous_commit;
	synchronous_commit = SYNCHRONOUS_COMMIT_OFF;
}

static void
forget(void)
{
	if (synchronous_commit_before != NOT_RELAXED)
		synchronous_commit = synchronous_commit_before;
	synchronous_commit_before = NOT_RELAXED;
	store = NULL; /* an abort frees it with the memory of the transaction */
	phase = PHASE_OPEN;
}
