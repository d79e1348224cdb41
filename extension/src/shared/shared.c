/*
 * shared.c
 *		Shared memory: one slot for each database that has commentary.
 *
 * A slot is found once by a backend and then used without a lock, so that
 * writers never meet each other here: what they touch is atomic.
 */
#include "postgres.h"

#include <signal.h>

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/settings.h"
#include "shared/shared.h"

#define TRANCHE "commentary"

Shared *CommentaryShared = NULL;

static DatabaseState *my_database = NULL;
static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

static void request_memory(void);
static void start_memory(void);
static Size shared_size(void);
static void init_shared(Shared *shared);
static void init_database(DatabaseState *db, Oid database);
static DatabaseState *find_slot(Oid database);
static DatabaseState *take_slot(const char *channel);
static void make_channel_name(char *name);
static bool database_is_gone(Oid database);

void
shared_install_hooks(void)
{
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = start_memory;
}

void
shared_require(void)
{
	if (CommentaryShared == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("commentary is not loaded"),
				 errdetail("Staging needs shared memory and a flusher, which exist only when the server loads the library at its start."),
				 errhint("Add commentary to shared_preload_libraries in postgresql.conf and restart the server.")));
}

DatabaseState *
shared_database_if_known(void)
{
	if (my_database == NULL && CommentaryShared != NULL)
	{
		LWLockAcquire(CommentaryShared->lock, LW_SHARED);
		my_database = find_slot(MyDatabaseId);
		LWLockRelease(CommentaryShared->lock);
	}
	return my_database;
}

DatabaseState *
shared_database(void)
{
	DatabaseState *db = shared_database_if_known();

	if (likely(db != NULL))
		return db;
	db = shared_claim_database();
	shared_request_flusher(db);
	return db;
}

DatabaseState *
shared_claim_database(void)
{
	DatabaseState *db = shared_database_if_known();
	char channel[CHANNEL_BYTES];

	if (db != NULL)
		return db;
	shared_require();
	make_channel_name(channel);
	for (bool may_reclaim = true; db == NULL; may_reclaim = false)
	{
		db = take_slot(channel);
		if (db != NULL || !may_reclaim || !shared_reclaim_slots())
			break;
	}

	if (db == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("too many databases with commentary"),
				 errdetail("All %d are in use.", commentary_max_databases),
				 errhint("Raise commentary.max_databases and restart the server.")));
	my_database = db;
	return db;
}

void
shared_wake_flusher(DatabaseState *db)
{
	uint32 slot = pg_atomic_read_u32(&db->flusher_slot);

	if (slot != NO_PROC)
		SetLatch(&ProcGlobal->allProcs[slot].procLatch);
}

void
shared_set_state(DatabaseState *db, FlusherState state)
{
	if (pg_atomic_exchange_u32(&db->flusher_state, state) != (uint32) state)
		pg_atomic_write_u64(&db->state_since, (uint64) GetCurrentTimestamp());
}

void
shared_request_flusher(DatabaseState *db)
{
	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	if (db->flusher_pid == 0)
	{
		db->wants_flusher = true;
		shared_wake_launcher();
	}
	LWLockRelease(CommentaryShared->lock);
}

void
shared_wake_launcher(void)
{
	if (CommentaryShared->launcher_latch != NULL)
		SetLatch(CommentaryShared->launcher_latch);
}

DatabaseState *
shared_find_database(Oid database)
{
	DatabaseState *db;

	LWLockAcquire(CommentaryShared->lock, LW_SHARED);
	db = find_slot(database);
	LWLockRelease(CommentaryShared->lock);
	return db;
}

void
shared_hold_flusher(DatabaseState *db)
{
	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	db->holds++;
	LWLockRelease(CommentaryShared->lock);
}

void
shared_release_flusher(DatabaseState *db)
{
	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	db->holds--;
	LWLockRelease(CommentaryShared->lock);
	shared_request_flusher(db);
}

bool
shared_stop_flusher(DatabaseState *db)
{
	int pid;

	LWLockAcquire(CommentaryShared->lock, LW_SHARED);
	pid = db->flusher_pid;
	if (pid != 0)
		kill(pid, SIGTERM); /* it takes the lock before it ends: the pid is still its own */
	LWLockRelease(CommentaryShared->lock);
	return pid != 0;
}

static void
request_memory(void)
{
	if (previous_request_hook != NULL)
		previous_request_hook();
	RequestAddinShmemSpace(shared_size());
	RequestNamedLWLockTranche(TRANCHE, 1);
}

static void
start_memory(void)
{
	bool found;

	if (previous_startup_hook != NULL)
		previous_startup_hook();

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	CommentaryShared = ShmemInitStruct("commentary", shared_size(), &found);
	if (!found)
		init_shared(CommentaryShared);
	LWLockRelease(AddinShmemInitLock);
}

static Size
shared_size(void)
{
	Size size = offsetof(Shared, databases);

	size = add_size(size, mul_size(commentary_max_databases, sizeof(DatabaseState)));
	return add_size(MAXALIGN(size), mul_size(MaxBackends, sizeof(Waiter)));
}

static void
init_shared(Shared *shared)
{
	shared->lock = &(GetNamedLWLockTranche(TRANCHE))->lock;
	shared->launcher_latch = NULL;
	shared->num_databases = commentary_max_databases;
	shared->num_waiters = MaxBackends;
	shared->waiters = (Waiter *) ((char *) shared +
								  MAXALIGN(offsetof(Shared, databases) +
										   commentary_max_databases * sizeof(DatabaseState)));
	for (int i = 0; i < shared->num_waiters; i++)
	{
		pg_atomic_init_u64(&shared->waiters[i].ticket, 0);
		pg_atomic_init_u32(&shared->waiters[i].database, 0);
	}
	for (int i = 0; i < shared->num_databases; i++)
	{
		DatabaseState *db = &shared->databases[i];

		pg_atomic_init_u64(&db->next_stage_no, 1);
		pg_atomic_init_u32(&db->is_numbered, 0);
		for (int ring = 0; ring < NUM_RINGS; ring++)
			pg_atomic_init_u32(&db->active_segment[ring], FIRST_SEGMENT(ring));
		pg_atomic_init_u32(&db->segments_used, ALL_SEGMENTS);
		pg_atomic_init_u64(&db->drained_stage_no, 0);
		ConditionVariableInit(&db->room);
		pg_atomic_init_u64(&db->tickets, 0);
		pg_atomic_init_u64(&db->flushed, 0);
		pg_atomic_init_u64(&db->oldest_at, 0);
		pg_atomic_init_u64(&db->rows_committed, 0);
		pg_atomic_init_u64(&db->rows_moved, 0);
		pg_atomic_init_u64(&db->outcomes.failures, 0);
		pg_atomic_init_u64(&db->outcomes.losses, 0);
		pg_atomic_init_u64(&db->match_generation, 1);
		pg_atomic_init_u64(&db->log_changes, 0);
		pg_atomic_init_u64(&db->purges, 0);
		pg_atomic_init_u64(&db->purged, 0);
		pg_atomic_init_u64(&db->epochs, 0);
		pg_atomic_init_u32(&db->is_paused, 0);
		pg_atomic_init_u64(&db->paused_at, 0);
		pg_atomic_init_u64(&db->state_since, 0);
		pg_atomic_init_u32(&db->wants_replay, 0);
		pg_atomic_init_u32(&db->wants_look, 0);
		pg_atomic_init_u32(&db->wants_hints, 0);
		pg_atomic_init_u32(&db->following, FOLLOWING_UNKNOWN);
		pg_atomic_init_u32(&db->was_following, 0);
		pg_atomic_init_u32(&db->is_applied_by_others, 0);
		pg_atomic_init_u64(&db->heard_at, 0);
		pg_atomic_init_u64(&db->applied_at, 0);
		pg_atomic_init_u64(&db->applied_flushed_at, 0);
		pg_atomic_init_u32(&db->has_marks, 0);
		pg_atomic_init_u32(&db->has_lost_marks, 0);
		pg_atomic_init_u32(&db->flusher_state, FLUSHER_STOPPED);
		pg_atomic_init_u32(&db->flusher_slot, NO_PROC);
		SpinLockInit(&db->lock);
		init_database(db, InvalidOid);
	}
}

/* The atomics go on counting: a slot that is used again must not go back. */
static void
init_database(DatabaseState *db, Oid database)
{
	db->database = database;
	db->flusher_pid = 0;
	db->wants_flusher = false;
	db->holds = 0;
	db->last_start_at = 0;
	memset(&db->obstacle, 0, sizeof(db->obstacle));
	db->standby_away_since = 0;
	memset(&db->stats, 0, sizeof(db->stats));
	db->stats.since = GetCurrentTimestamp();
	db->leftover_stage_no = 0;
	db->heads_log = InvalidOid;
	memset(db->heads, 0, sizeof(db->heads));
	pg_atomic_write_u64(&db->drained_stage_no, pg_atomic_read_u64(&db->next_stage_no) - 1);
	pg_atomic_write_u32(&db->segments_used, ALL_SEGMENTS);
	pg_atomic_write_u32(&db->is_numbered, 0);
	pg_atomic_write_u64(&db->rows_moved, pg_atomic_read_u64(&db->rows_committed));
	pg_atomic_write_u64(&db->oldest_at, 0);
	pg_atomic_write_u64(&db->state_since, (uint64) db->stats.since);
	pg_atomic_write_u32(&db->is_paused, 0);
	pg_atomic_write_u32(&db->wants_replay, 0);
	pg_atomic_write_u32(&db->wants_look, 0);
	pg_atomic_write_u32(&db->wants_hints, 0);
	pg_atomic_write_u32(&db->following, FOLLOWING_UNKNOWN);
	pg_atomic_write_u32(&db->was_following, 0);
	pg_atomic_write_u32(&db->is_applied_by_others, 0);
	memset(db->marks, 0, sizeof(db->marks));
	pg_atomic_write_u64(&db->heard_at, 0);
	pg_atomic_write_u64(&db->applied_at, 0);
	pg_atomic_write_u64(&db->applied_flushed_at, 0);
	pg_atomic_write_u32(&db->has_marks, 0);
	pg_atomic_write_u32(&db->has_lost_marks, 0);
	db->channel[0] = '\0';
	pg_atomic_write_u64(&db->flushed, pg_atomic_read_u64(&db->tickets));
	pg_atomic_write_u64(&db->purged, pg_atomic_read_u64(&db->purges));
}

static DatabaseState *
find_slot(Oid database)
{
	for (int i = 0; i < CommentaryShared->num_databases; i++)
	{
		if (CommentaryShared->databases[i].database == database)
			return &CommentaryShared->databases[i];
	}
	return NULL;
}

/* Our slot, made in a free one when it is new; NULL when there is none. */
static DatabaseState *
take_slot(const char *channel)
{
	DatabaseState *db;

	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	db = find_slot(MyDatabaseId);
	if (db == NULL)
	{
		db = find_slot(InvalidOid);
		if (db != NULL)
		{
			init_database(db, MyDatabaseId);
			strlcpy(db->channel, channel, sizeof(db->channel));
		}
	}
	LWLockRelease(CommentaryShared->lock);
	return db;
}

static void
make_channel_name(char *name)
{
	char bits[CHANNEL_RANDOM_BYTES];

	if (!pg_strong_random(bits, sizeof(bits)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random bits for the name of a channel")));
	strlcpy(name, CHANNEL_PREFIX, CHANNEL_BYTES);
	hex_encode(bits, sizeof(bits), name + strlen(CHANNEL_PREFIX));
	name[CHANNEL_BYTES - 1] = '\0';
}

bool
shared_reclaim_slots(void)
{
	bool found = false;

	for (int i = 0; i < CommentaryShared->num_databases; i++)
	{
		DatabaseState *db = &CommentaryShared->databases[i];
		Oid database = db->database;

		/* Read the catalog without the lock: reading may have to wait. */
		if (!OidIsValid(database) || !database_is_gone(database))
			continue;
		LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
		if (db->database == database && db->flusher_pid == 0 && db->holds == 0)
		{
			init_database(db, InvalidOid);
			found = true;
		}
		LWLockRelease(CommentaryShared->lock);
	}
	return found;
}

static bool
database_is_gone(Oid database)
{
	return !SearchSysCacheExists1(DATABASEOID, ObjectIdGetDatum(database));
}
