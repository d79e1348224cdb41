/*
 * health.c
 *		Do acknowledgements work, and if not, what does the flusher wait for?
 *
 * What the flusher itself has noted (obstacle.c) is put together with what it
 * cannot note: that it is not there, or hangs in the middle of a commit.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xlog.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "replication/syncrep.h"
#include "replication/walsender.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "base/compat.h"
#include "shared/health.h"
#include "shared/obstacle.h"

PG_FUNCTION_INFO_V1(commentary_ack_status);

/* A wait of this length is normal: a restart of the flusher, a brief lock. */
#define LATE_MS 5000

/* A flush that has taken so long waits for something. */
#define SLOW_MS 1000

#define NUM_ACK_STATUS_COLUMNS 3

/* Of a wait event: its class (wait_event.h). */
#define WAIT_EVENT_CLASS(event) ((event) &0xFF000000U)

static void say(Health *health, TimestampTz since, const char *format, ...)
	pg_attribute_printf(3, 4);
static void say_why_none_runs(DatabaseState *db, const Obstacle *obstacle, Health *health);
static void say_obstacle(const Obstacle *obstacle, Health *health);
static void look_at_process(DatabaseState *db, uint32 slot, Health *health);
static void look_for_standby(DatabaseState *db, Health *health);
static bool is_standby_missing(void);
static bool is_late(TimestampTz since);
static Datum form_ack_status(FunctionCallInfo fcinfo, const Health *health, bool is_known);

void
health_read(DatabaseState *db, Health *health)
{
	Obstacle obstacle = obstacle_read(db);
	uint32 slot = pg_atomic_read_u32(&db->flusher_slot);

	health->oldest_at = (TimestampTz) pg_atomic_read_u64(&db->oldest_at);
	health->since = 0;
	health->waits_for[0] = '\0';
	health->num_blockers = 0;

	if (pg_atomic_read_u32(&db->is_paused) != 0)
		say(health, (TimestampTz) pg_atomic_read_u64(&db->paused_at), "commentary.resume()");
	else if (slot == NO_PROC)
		say_why_none_runs(db, &obstacle, health);
	else if (obstacle.kind != OBSTACLE_NONE)
		say_obstacle(&obstacle, health);
	else
		look_at_process(db, slot, health);
}

/*
 * ack_status(OUT is_working boolean, OUT oldest_ms bigint, OUT waits_for text); all
 * are null on a standby, where nothing is acknowledged.
 */
Datum
commentary_ack_status(PG_FUNCTION_ARGS)
{
	Health health = { 0 };

	if (!RecoveryInProgress())
		health_look(&health);
	return form_ack_status(fcinfo, &health, !RecoveryInProgress());
}

void
health_look(Health *health)
{
	DatabaseState *db = shared_database_if_known();

	memset(health, 0, sizeof(*health));
	if (CommentaryShared == NULL)
		say(health, 0, "commentary in shared_preload_libraries");
	else if (db == NULL)
		say(health, 0, "the flusher's first start");
	else
	{
		health_read(db, health);
		look_for_standby(db, health);
	}
}

bool
health_is_working(const Health *health)
{
	return !(health->oldest_at != 0 && is_late(health->oldest_at)) &&
		   !(health->waits_for[0] != '\0' && is_late(health->since));
}

static Datum
form_ack_status(FunctionCallInfo fcinfo, const Health *health, bool is_known)
{
	Datum values[NUM_ACK_STATUS_COLUMNS];
	bool isnull[NUM_ACK_STATUS_COLUMNS];
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = BoolGetDatum(health_is_working(health));
	values[1] = Int64GetDatum(health_oldest_ms(health));
	values[2] = CStringGetTextDatum(health->waits_for);
	isnull[0] = isnull[1] = !is_known;
	isnull[2] = health->waits_for[0] == '\0';
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, isnull));
}

int64
health_oldest_ms(const Health *health)
{
	return health->oldest_at == 0
			   ? 0
			   : TimestampDifferenceMilliseconds(health->oldest_at, GetCurrentTimestamp());
}

static void
say(Health *health, TimestampTz since, const char *format, ...)
{
	va_list args;

	health->since = since;
	va_start(args, format);
	vsnprintf(health->waits_for, sizeof(health->waits_for), format, args);
	va_end(args);
}

static void
say_why_none_runs(DatabaseState *db, const Obstacle *obstacle, Health *health)
{
	TimestampTz since = (TimestampTz) pg_atomic_read_u64(&db->state_since);

	if (CommentaryShared->launcher_latch == NULL)
		say(health, since, "the launcher, which does not run");
	else if (obstacle->kind == OBSTACLE_NO_WORKER)
		say(health, since, "a free worker process: all max_worker_processes are in use");
	else if (obstacle->kind == OBSTACLE_ERROR)
		say(health, obstacle->since, "its next start, after the error: %s", obstacle->text);
	else
		say(health, since, "its next start");
}

static void
say_obstacle(const Obstacle *obstacle, Health *health)
{
	if (obstacle->kind == OBSTACLE_ERROR)
		say(health, obstacle->since, "its next attempt, after the error: %s", obstacle->text);
	else
		say(health, obstacle->since, "%s", obstacle->text);
	health->num_blockers = obstacle->num_blockers;
	memcpy(health->blockers, obstacle->blockers, sizeof(health->blockers));
}

/* What the flusher waits for, as PostgreSQL shows it.  It is read without a lock, and may
 * be out of date. */
static void
look_at_process(DatabaseState *db, uint32 slot, Health *health)
{
	const PGPROC *process = &ProcGlobal->allProcs[slot];
	uint32 event = process->wait_event_info;
	TimestampTz since = health->oldest_at != 0
							? health->oldest_at
							: (TimestampTz) pg_atomic_read_u64(&db->state_since);

	if (process->syncRepState == SYNC_REP_WAITING)
		say(health, since, "a synchronous standby");
	else if (health->oldest_at == 0 ||
			 !TimestampDifferenceExceeds(since, GetCurrentTimestamp(), SLOW_MS))
		return;
	else if (WAIT_EVENT_CLASS(event) == PG_WAIT_LOCK)
		say(health, since, "a lock");
	else if (WAIT_EVENT_CLASS(event) == PG_WAIT_IO || WAIT_EVENT_CLASS(event) == PG_WAIT_LWLOCK)
		say(health, since, "%s %s", pgstat_get_wait_event_type(event),
			pgstat_get_wait_event(event));
}

/* Without writers the flusher does not notice it, so the first session that looks does. */
static void
look_for_standby(DatabaseState *db, Health *health)
{
	bool is_missing = is_standby_missing();
	TimestampTz since, now = GetCurrentTimestamp();

	SpinLockAcquire(&db->lock);
	if (!is_missing)
		db->standby_away_since = 0;
	else if (db->standby_away_since == 0)
		db->standby_away_since = now;
	since = db->standby_away_since;
	SpinLockRelease(&db->lock);
	if (is_missing && health->waits_for[0] == '\0')
		say(health, since, "a synchronous standby, of which too few are connected");
}

/* As SyncRepWaitForLSN() and SyncRepGetSyncRecPtr() decide (syncrep.c). */
static bool
is_standby_missing(void)
{
	SyncRepStandbyData *standbys;

	return max_wal_senders > 0 && SyncRepStandbyNames != NULL && SyncRepStandbyNames[0] != '\0' &&
		   SyncRepConfig != NULL &&
		   SyncRepGetCandidateStandbys(&standbys) < SyncRepConfig->num_sync;
}

static bool
is_late(TimestampTz since)
{
	return TimestampDifferenceExceeds(since, GetCurrentTimestamp(), LATE_MS);
}
