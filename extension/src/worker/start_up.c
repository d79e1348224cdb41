/*
 * start_up.c
 *		What a flusher does first: it deals with what earlier ones have left.
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
#include "shared/obstacle.h"
#include "tables/relations.h"
#include "worker/start_up.h"

/* Lost states that are staged in one transaction. */
#define RESTATE_AT_ONCE 1000

static void restate(DatabaseState *db);

/*
 * What an earlier flusher or an earlier run of the server left is flushed
 * first; only then does the log show which states were lost.
 */
void
start_up(DatabaseState *db)
{
	bool has_past;

	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	has_past = epoch_ensure();
	PopActiveSnapshot();

	commit_durably();
	commit_confirm_earlier();

	pg_atomic_write_u32(&db->wants_replay, 1); /* what a crash interrupted */
	flush_batch(db);
	if (has_past) /* or a match without a log is being restored, its log to come */
		restate(db);

	StartTransactionCommand();
	ereport(LOG,
			(errmsg("commentary flusher started in database \"%s\", epoch %s",
					get_database_name(MyDatabaseId), epoch_current())));
	CommitTransactionCommand();
}

/*
 * Stages lost states in pieces, since all together may be more than staging may hold.
 * Locks the relations before the query does, which would wait for them.
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
