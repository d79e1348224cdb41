/*
 * office.c
 *		Which process is the flusher of a database: at most one.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/proc.h"

#include "base/compat.h"
#include "shared/ack.h"
#include "shared/obstacle.h"
#include "shared/outcome.h"
#include "staging/scan.h"
#include "tables/relations.h"
#include "worker/office.h"

/* False once the extension is gone: then the launcher starts no other flusher. */
static bool is_needed = true;

static void release_dropped(DatabaseState *db);
static void leave_office(int code, Datum arg);

/* Without the extension no flusher is needed: CREATE EXTENSION will ask the launcher for one. */
bool
office_has_extension(void)
{
	DatabaseState *db = shared_database_if_known();

	StartTransactionCommand();
	is_needed = relations_installed();
	CommitTransactionCommand();
	if (!is_needed && db != NULL)
		release_dropped(db);
	return is_needed;
}

/* Staged rows were dropped with the extension: tells the clients that wait for their flush. */
static void
release_dropped(DatabaseState *db)
{
	TimestampTz read_at = GetCurrentTimestamp();
	uint64 ticket = pg_atomic_read_u64(&db->tickets);

	pg_read_barrier();
	outcome_settle(db, ticket, pg_atomic_read_u64(&db->rows_committed));
	ack_release(db, ticket, read_at);
	obstacle_clear(db);
	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	db->wants_flusher = false;
	LWLockRelease(CommentaryShared->lock);
}

bool
office_take(DatabaseState *db)
{
	bool is_vacant;

	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	is_vacant = (db->flusher_pid == 0 && db->holds == 0);
	if (is_vacant)
	{
		db->flusher_pid = MyProcPid;
		db->wants_flusher = false;
		pg_atomic_write_u32(&db->flusher_slot, (uint32) MyProcSlot());
		shared_set_state(db, FLUSHER_STARTING);
		shared_wake_launcher(); /* it may start the next one */
	}
	LWLockRelease(CommentaryShared->lock);

	if (is_vacant)
		before_shmem_exit(leave_office, PointerGetDatum(db));
	return is_vacant;
}

static void
leave_office(int code, Datum arg)
{
	DatabaseState *db = (DatabaseState *) DatumGetPointer(arg);

	/* They are session locks, which the end of a transaction does not release. */
	scan_release_locks();

	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	db->flusher_pid = 0;
	db->wants_flusher = is_needed;
	pg_atomic_write_u32(&db->flusher_slot, NO_PROC);
	shared_set_state(db, FLUSHER_STOPPED);
	shared_wake_launcher();
	LWLockRelease(CommentaryShared->lock);
}
