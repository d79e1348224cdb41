/*
 * start_up.c
 *		What a flusher does first: it handles what earlier flushers have left.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "postmaster/interrupt.h"
#include "utils/snapmgr.h"

#include "flush/commit.h"
#include "flush/flush.h"
#include "flush/lost_state.h"
#include "log/epoch.h"
#include "log/number.h"
#include "match/identity.h"
#include "shared/obstacle.h"
#include "tables/following.h"
#include "tables/relations.h"
#include "worker/start_up.h"

/* Lost states that are staged in one transaction. */
#define RESTATE_AT_ONCE 1000

static void begin_after_following(DatabaseState *db);
static void restate(DatabaseState *db);

/*
 * First flushes the rows that an earlier flusher or an earlier run of the server left; only then
 * does the log show which states were lost.
 */
void
start_up(DatabaseState *db)
{
	bool was_following = pg_atomic_read_u32(&db->was_following) != 0;
	bool has_past = was_following;

	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	following_look(db);
	if (following_is_on(db))
		epoch_follow(db);
	else if (was_following)
		begin_after_following(db);
	else
		has_past = epoch_ensure();
	PopActiveSnapshot();

	commit_durably();
	if (!following_is_on(db))
		pg_atomic_write_u32(&db->was_following, 0);
	commit_confirm_earlier();

	if (!following_is_on(db))
		pg_atomic_write_u32(&db->wants_replay, 1); /* a crash may have interrupted a replay */
	flush_batch(db);
	/* In a new database, a match without a log may be one that is being restored. */
	if (has_past && !following_is_on(db))
		restate(db);

	StartTransactionCommand();
	ereport(LOG,
			(errmsg("commentary flusher started in database \"%s\", epoch %s",
					get_database_name(MyDatabaseId), epoch_current())));
	CommitTransactionCommand();
}

/*
 * After a promotion.  Reads the numbers of entries again, and moves the identity columns
 * forward, whose sequences logical replication does not carry.
 */
static void
begin_after_following(DatabaseState *db)
{
	number_forget();
	obstacle_lock_relation(db, relations_get()->match, AccessShareLock);
	identity_pass_all(relations_get()->match, "match_id");
	if (OidIsValid(relations_get()->rejected))
	{
		obstacle_lock_relation(db, relations_get()->rejected, AccessShareLock);
		identity_pass_all(relations_get()->rejected, "rejected_id");
	}
	epoch_begin_after_following();
}

/*
 * Stages lost states in pieces, since all of them may be more than staging may hold.  Locks the
 * relations before the query does, because the query would wait for a lock without a limit.
 */
static void
restate(DatabaseState *db)
{
	uint64 restated = 0;
	int64 last = 0;

	do
	{
		StartTransactionCommand();
		obstacle_lock_relation(db, relations_get()->match, RowShareLock);
		obstacle_lock_relation(db, relations_get()->entry, AccessShareLock);
		PushActiveSnapshot(GetTransactionSnapshot());
		last = lost_state_stage(last, RESTATE_AT_ONCE, &restated);
		PopActiveSnapshot();
		commit_durably();
		flush_batch(db);
	} while (last > 0 && !ShutdownRequestPending);

	if (restated > 0)
		ereport(LOG,
				(errmsg("commentary found " UINT64_FORMAT " matches whose last change was not in the log, and adds it",
						restated)));
}
