/*
 * obstacle.c
 *		What the flusher waits for: it notes this itself.
 *
 * The flusher never queues for a lock on our tables.  In a queue it would wait behind a
 * command of a DBA that itself waits for something else.  Then every durable commit would
 * wait, without a reason shown, and the flusher could neither be paused nor stopped.
 * So it tries to take the lock, notes which processes block it, and tries again (retry.c).
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "shared/obstacle.h"

/* Reading the lock table stops all locking for a moment, so do it no more often. */
#define LOOK_EVERY_MS 1000

static void note_lock(DatabaseState *db, Oid relation, LOCKMODE mode);
static int find_blockers(Oid relation, LOCKMODE mode, int *pids);
static bool is_in_the_way(const LockInstanceData *lock, Oid relation, LOCKMODE mode);
static void note(DatabaseState *db, ObstacleKind kind, const char *words, int num_blockers,
				 const int *blockers);

void
obstacle_lock_relation(DatabaseState *db, Oid relation, LOCKMODE mode)
{
	if (likely(ConditionalLockRelationOid(relation, mode)))
		return;
	note_lock(db, relation, mode);
	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg("could not lock relation \"%s\" at once", get_rel_name(relation))));
}

void
obstacle_note_error(DatabaseState *db, const ErrorData *error)
{
	note(db, OBSTACLE_ERROR, error->message == NULL ? "unknown error" : error->message, 0, NULL);
}

void
obstacle_note_no_worker(DatabaseState *db)
{
	note(db, OBSTACLE_NO_WORKER, "", 0, NULL);
}

void
obstacle_clear(DatabaseState *db)
{
	if (likely(db->obstacle.kind == OBSTACLE_NONE))
		return;
	SpinLockAcquire(&db->lock);
	db->obstacle.kind = OBSTACLE_NONE;
	SpinLockRelease(&db->lock);
}

Obstacle
obstacle_read(DatabaseState *db)
{
	Obstacle obstacle;

	SpinLockAcquire(&db->lock);
	obstacle = db->obstacle;
	SpinLockRelease(&db->lock);
	return obstacle;
}

static void
note_lock(DatabaseState *db, Oid relation, LOCKMODE mode)
{
	static Oid looked_for = InvalidOid;
	static TimestampTz looked_at = 0;
	TimestampTz now = GetCurrentTimestamp();
	int blockers[MAX_BLOCKERS];
	char words[OBSTACLE_BYTES];

	if (db->obstacle.kind == OBSTACLE_LOCK && looked_for == relation &&
		!TimestampDifferenceExceeds(looked_at, now, LOOK_EVERY_MS))
		return;
	looked_for = relation;
	looked_at = now;
	snprintf(words, sizeof(words), "a lock on %s.%s",
			 get_namespace_name(get_rel_namespace(relation)), get_rel_name(relation));
	note(db, OBSTACLE_LOCK, words, find_blockers(relation, mode, blockers), blockers);
}

/* The processes that hold a lock that conflicts with ours, or wait for one before us. */
static int
find_blockers(Oid relation, LOCKMODE mode, int *pids)
{
	LockData *locks = GetLockStatusData();
	int count = 0;

	for (int i = 0; i < locks->nelements && count < MAX_BLOCKERS; i++)
	{
		const LockInstanceData *lock = &locks->locks[i];
		bool is_known = false;

		if (!is_in_the_way(lock, relation, mode))
			continue;
		for (int j = 0; j < count && !is_known; j++)
			is_known = (pids[j] == lock->pid);
		if (!is_known)
			pids[count++] = lock->pid;
	}
	return count;
}

static bool
is_in_the_way(const LockInstanceData *lock, Oid relation, LOCKMODE mode)
{
	if (lock->locktag.locktag_type != LOCKTAG_RELATION ||
		lock->locktag.locktag_field1 != MyDatabaseId ||
		lock->locktag.locktag_field2 != relation || lock->pid == MyProcPid)
		return false;
	if (lock->waitLockMode != NoLock && DoLockModesConflict(lock->waitLockMode, mode))
		return true;
	for (LOCKMODE held = 1; held < MAX_LOCKMODES; held++)
	{
		if ((lock->holdMask & LOCKBIT_ON(held)) != 0 && DoLockModesConflict(held, mode))
			return true;
	}
	return false;
}

static void
note(DatabaseState *db, ObstacleKind kind, const char *words, int num_blockers,
	 const int *blockers)
{
	int length = pg_mbcliplen(words, (int) strlen(words), OBSTACLE_BYTES - 1);
	TimestampTz now = GetCurrentTimestamp();

	SpinLockAcquire(&db->lock);
	if (db->obstacle.kind != kind)
		db->obstacle.since = now;
	db->obstacle.kind = kind;
	db->obstacle.num_blockers = num_blockers;
	if (num_blockers > 0)
		memcpy(db->obstacle.blockers, blockers, num_blockers * sizeof(int));
	memcpy(db->obstacle.text, words, length);
	db->obstacle.text[length] = '\0';
	SpinLockRelease(&db->lock);
}
