/*
 * flusher.c
 *		The worker that flushes: one for each database.
 *
 * It sleeps until a commit sets its latch, flushes the rows that are there, and sleeps again;
 * while idle it does not wake up.  It tries again when a lock is not free, and when a person
 * has to correct something first (hold.c).  After any other ERROR the process ends, which
 * discards everything that it had in memory, and the launcher starts another one.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/wait_event.h"

#include "base/compat.h"
#include "flush/announce.h"
#include "flush/blame.h"
#include "flush/commit.h"
#include "flush/flush.h"
#include "flush/purger.h"
#include "shared/mark.h"
#include "shared/obstacle.h"
#include "shared/shared.h"
#include "staging/room.h"
#include "staging/rotation.h"
#include "staging/scan.h"
#include "tables/following.h"
#include "tables/relations.h"
#include "worker/flusher.h"
#include "worker/hold.h"
#include "worker/office.h"
#include "worker/retry.h"
#include "worker/start_up.h"
#include "worker/worker.h"

/* How long locks on staging are held from one flush to the next (scan.c). */
#define HOLD_LOCKS_MS 1000

/* The time between two attempts; it doubles each time. */
#define FIRST_RETRY_MS 5
#define LAST_RETRY_MS  100	/* when a lock is not free */
#define LAST_HOLD_MS   1000 /* when a person has to correct something */

/* Has this flusher run start_up()? */
static bool has_started = false;

static void sleep_until_commit(DatabaseState *db);
static bool has_work(DatabaseState *db);
static bool may_purge(DatabaseState *db);
static bool has_commits(DatabaseState *db);
static bool may_end(DatabaseState *db);
static bool is_resting(DatabaseState *db);
static bool is_paused(DatabaseState *db);
static bool try_work(DatabaseState *db);
static bool do_work(DatabaseState *db);
static void follow(DatabaseState *db);
static bool has_same_log(DatabaseState *db);
static void hold(DatabaseState *db, ErrorData *error);
static void flush(DatabaseState *db);
static void let_go_in_time(void);
static void report_rest(DatabaseState *db, bool has_pause);
static void reload_settings(void);

void
flusher_describe(BackgroundWorker *worker, Oid database)
{
	worker_describe(worker, "commentary_flusher_main", "commentary flusher");
	worker->bgw_main_arg = ObjectIdGetDatum(database);
	worker->bgw_notify_pid = MyProcPid;
}

void
commentary_flusher_main(Datum arg)
{
	DatabaseState *db;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, commit_handle_sigterm);
	/* A cancelled synchronous wait would acknowledge data that no standby has. */
	pqsignal(SIGINT, SIG_IGN);
	BackgroundWorkerUnblockSignals();
	/* Sessions that are connected may still write when ALLOW_CONNECTIONS is false. */
	worker_connect(DatumGetObjectId(arg), BGWORKER_BYPASS_ALLOWCONN);

	if (!office_has_extension())
		return;
	StartTransactionCommand();
	db = shared_database();
	CommitTransactionCommand();
	if (!office_take(db))
		return;
	reload_settings();

	while (!may_end(db))
	{
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			reload_settings();
			pg_atomic_write_u32(&db->wants_look, 1); /* commentary.role may have changed */
		}
		if (is_resting(db) && pg_atomic_exchange_u32(&db->wants_look, 0) == 0)
			sleep_until_commit(db);
		else if (!try_work(db))
			break;
	}
}

/* Has the flusher nothing to do, or is it paused? */
static bool
is_resting(DatabaseState *db)
{
	return (has_started && !has_work(db)) || is_paused(db);
}

/*
 * The end of this process does not end a pause.  A shutdown of the server does, so that the rows
 * in unlogged segments are flushed: a standby that takes over does not have these segments.
 */
static bool
is_paused(DatabaseState *db)
{
	return pg_atomic_read_u32(&db->is_paused) != 0 &&
		   !(ShutdownRequestPending && worker_server_is_stopping());
}

/* False: this flusher has to end. */
static bool
try_work(DatabaseState *db)
{
	static int retry_ms = FIRST_RETRY_MS;
	volatile bool goes_on = true;

	PG_TRY();
	{
		goes_on = do_work(db);
		hold_end();
		retry_ms = FIRST_RETRY_MS;
	}
	PG_CATCH();
	{
		ErrorData *error = commit_fail();
		bool is_lock = error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;

		if (!is_lock)
			hold(db, error);
		FreeErrorData(error);
		goes_on = retry_wait(db, retry_ms) && (is_lock || !ShutdownRequestPending);
		retry_ms = Min(retry_ms * 2, is_lock ? LAST_RETRY_MS : LAST_HOLD_MS);
	}
	PG_END_TRY();
	return goes_on;
}

/* For an error that a person has to correct: another process would meet the same error. */
static void
hold(DatabaseState *db, ErrorData *error)
{
	obstacle_note_error(db, error);
	if (blame_for(error, true) != BLAME_STRUCTURE)
		ReThrowError(error);
	scan_release_locks(); /* the session that corrects it may need these locks */
	hold_tell(error);
}

/* False: the extension was dropped, and perhaps created again. */
static bool
do_work(DatabaseState *db)
{
	if (!has_same_log(db))
	{
		(void) office_has_extension();			/* tells the launcher */
		pg_atomic_write_u32(&db->is_paused, 0); /* a new extension is not paused */
		return false;
	}
	follow(db);
	if (is_resting(db))
		return true; /* there is nothing else to do */
	if (!has_started)
	{
		start_up(db);
		has_started = true;
	}
	else
		flush(db);
	return true;
}

/*
 * A subscription may begin or end at any time.  When this database ceases to be a follower,
 * start_up() runs again, and begins an epoch.
 */
static void
follow(DatabaseState *db)
{
	bool was_on = following_is_on(db);

	if (!has_started || (!was_on && has_commits(db)))
		return; /* start_up() and flush_batch() call following_look() as well */
	StartTransactionCommand();
	following_look(db);
	CommitTransactionCommand();
	if (!following_is_on(db))
		has_started = !was_on;
	else if (mark_is_due(db) && !is_paused(db))
		announce_applied(db);
}

/* Is commentary.entry still the table that it was when this flusher started? */
static bool
has_same_log(DatabaseState *db)
{
	static Oid log_id = InvalidOid;
	Oid now = InvalidOid;

	/* A flush would notice a change by itself (chunk_begin()); while paused there is none. */
	if (OidIsValid(log_id) && relations_known_log() == log_id && has_commits(db) &&
		!is_paused(db))
		return true;
	StartTransactionCommand();
	if (relations_exist())
		now = relations_get()->entry;
	CommitTransactionCommand();
	if (!OidIsValid(log_id))
		log_id = now;
	return OidIsValid(now) && now == log_id;
}

static void
flush(DatabaseState *db)
{
	char activity[64];

	shared_set_state(db, FLUSHER_FLUSHING);
	if (has_commits(db))
	{
		snprintf(activity, sizeof(activity), "flushing up to " INT64_FORMAT " rows",
				 room_staged_rows(db));
		pgstat_report_activity(STATE_RUNNING, activity);
		flush_batch(db);
		if (rotation_is_due(db))
			rotation_turn(db);
	}
	if (may_purge(db))
		purger_step(db);
	let_go_in_time();
	pgstat_report_stat(false);
}

/* Releases the locks now and then, so that VACUUM and DDL get them under constant load too. */
static void
let_go_in_time(void)
{
	static TimestampTz let_go_at = 0;
	TimestampTz now = GetCurrentTimestamp();

	if (!TimestampDifferenceExceeds(let_go_at, now, HOLD_LOCKS_MS))
		return;
	scan_release_locks();
	let_go_at = now;
}

/*
 * Sets its state to idle and then looks for commits once more.  A commit takes its
 * ticket and then looks at the state, so that one of the two sees the other.  While it
 * holds locks, or a purge waits for one, the flusher sleeps for a short time only.
 */
static void
sleep_until_commit(DatabaseState *db)
{
	bool has_pause = is_paused(db);
	int events = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH;
	int reason = WL_LATCH_SET;

	if (scan_holds_locks() || purger_is_waiting(db))
		events |= WL_TIMEOUT;
	shared_set_state(db, has_pause ? FLUSHER_PAUSED : FLUSHER_IDLE);
	report_rest(db, has_pause);
	pg_memory_barrier();
	if (is_resting(db) && !ShutdownRequestPending && pg_atomic_read_u32(&db->wants_look) == 0)
		reason = WaitLatch(MyLatch, events, HOLD_LOCKS_MS, WaitEventFlusherMain());
	ResetLatch(MyLatch);
	if (reason & WL_TIMEOUT)
		scan_release_locks();
}

/* Reports to pg_stat_activity. */
static void
report_rest(DatabaseState *db, bool has_pause)
{
	char activity[64];

	if (has_pause)
		snprintf(activity, sizeof(activity), "paused: " INT64_FORMAT " rows wait",
				 room_staged_rows(db));
	else
		snprintf(activity, sizeof(activity), "idle: " INT64_FORMAT " entries flushed",
				 db->stats.entries);
	pgstat_report_activity(STATE_IDLE, activity);
}

static bool
has_work(DatabaseState *db)
{
	return has_commits(db) || may_purge(db) || (following_is_on(db) && mark_is_due(db));
}

/* Not in a follower: the primary removes entries, and replication removes them here. */
static bool
may_purge(DatabaseState *db)
{
	return purger_is_due(db) && !following_is_on(db);
}

static bool
has_commits(DatabaseState *db)
{
	return pg_atomic_read_u64(&db->tickets) != pg_atomic_read_u64(&db->flushed);
}

/*
 * When asked to end, it flushes the rows that were staged until then, and no more, so that
 * writers that go on do not keep it from ending.  During a pause it flushes nothing.
 */
static bool
may_end(DatabaseState *db)
{
	static bool is_asked = false;
	static uint64 last_ticket = 0;

	if (!ShutdownRequestPending)
		return false;
	if (is_paused(db))
		return true;
	if (!is_asked)
		last_ticket = pg_atomic_read_u64(&db->tickets);
	is_asked = true;
	return pg_atomic_read_u64(&db->flushed) >= last_ticket;
}

/*
 * Rows that the flusher acknowledges as durable must be on disk, so it ignores a weaker
 * synchronous_commit than on, and keeps a stronger one.
 */
static void
reload_settings(void)
{
	const char *asked;

	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
	/* The value that a DBA has set, and not the one that this function has set before. */
	asked = GetConfigOptionResetString("synchronous_commit");
	SetConfigOption("synchronous_commit", strcmp(asked, "remote_apply") == 0 ? asked : "on",
					PGC_USERSET, PGC_S_SESSION);
}
