/*
 * control.c
 *		Functions with which a DBA controls the flusher: pause(), resume(),
 *		worker_restart().
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "shared/shared.h"

#define RESTART_STEP_MS 20
#define RESTART_MAX_MS	30000

PG_FUNCTION_INFO_V1(commentary_pause);
PG_FUNCTION_INFO_V1(commentary_resume);
PG_FUNCTION_INFO_V1(commentary_worker_restart);

static void await_pause(DatabaseState *db);
static void resume(DatabaseState *db);
static int current_pid(DatabaseState *db);
static void pause_step(void);

/*
 * pause() RETURNS void, when no flush is under way any more.  If it ends with an error, the
 * flusher is not paused, unless it was paused before.
 */
Datum
commentary_pause(PG_FUNCTION_ARGS)
{
	DatabaseState *db;
	bool was_paused;

	PreventCommandDuringRecovery("commentary.pause()");
	db = shared_database();
	was_paused = pg_atomic_read_u32(&db->is_paused) != 0;
	if (!was_paused)
		pg_atomic_write_u64(&db->paused_at, (uint64) GetCurrentTimestamp());
	pg_atomic_write_u32(&db->is_paused, 1);
	shared_wake_flusher(db);
	PG_TRY();
	{
		await_pause(db);
	}
	PG_CATCH();
	{
		if (!was_paused)
			resume(db);
		PG_RE_THROW();
	}
	PG_END_TRY();
	ereport(LOG, (errmsg("commentary is paused in this database")));
	PG_RETURN_VOID();
}

/* Waits until the flusher is paused, has ended, or another session has called resume(). */
static void
await_pause(DatabaseState *db)
{
	while (current_pid(db) != 0 && pg_atomic_read_u32(&db->is_paused) != 0 &&
		   pg_atomic_read_u32(&db->flusher_state) != FLUSHER_PAUSED)
		pause_step();
}

/* resume() RETURNS void */
Datum
commentary_resume(PG_FUNCTION_ARGS)
{
	PreventCommandDuringRecovery("commentary.resume()");
	resume(shared_database());
	ereport(LOG, (errmsg("commentary is resumed in this database")));
	PG_RETURN_VOID();
}

static void
resume(DatabaseState *db)
{
	pg_atomic_write_u32(&db->is_paused, 0);
	shared_wake_flusher(db);
}

/* worker_restart() RETURNS integer: the pid of the new flusher */
Datum
commentary_worker_restart(PG_FUNCTION_ARGS)
{
	DatabaseState *db;
	int before, now, waited_ms = 0;

	PreventCommandDuringRecovery("commentary.worker_restart()");
	db = shared_database();
	before = current_pid(db);
	pg_atomic_write_u32(&db->is_applied_by_others, 0);
	(void) shared_stop_flusher(db);
	shared_request_flusher(db);
	while ((now = current_pid(db)) == 0 || now == before)
	{
		if (waited_ms >= RESTART_MAX_MS)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("no new flusher has started within %d s", RESTART_MAX_MS / 1000),
					 errhint("The server's log says why; max_worker_processes must leave one worker for it.")));
		pause_step();
		waited_ms += RESTART_STEP_MS;
	}
	PG_RETURN_INT32(now);
}

static int
current_pid(DatabaseState *db)
{
	int pid;

	LWLockAcquire(CommentaryShared->lock, LW_SHARED);
	pid = db->flusher_pid;
	LWLockRelease(CommentaryShared->lock);
	return pid;
}

static void
pause_step(void)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, RESTART_STEP_MS,
					 WaitEventFlusherStop());
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}
