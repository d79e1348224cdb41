/*
 * launcher.c
 *		The worker that starts a flusher in each database that has the extension.
 *
 * Only a session within a database can see whether it has the extension.  So when the launcher
 * starts, it starts a flusher in each database, one after the other; a flusher that finds no
 * extension ends at once.  Later it acts only when its latch is set, by CREATE EXTENSION, the
 * first insert, or the end of a flusher.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"

#include "base/compat.h"
#include "shared/obstacle.h"
#include "shared/shared.h"
#include "worker/flusher.h"
#include "worker/launcher.h"
#include "worker/worker.h"

/* A flusher that ends is not started again sooner than this. */
#define RESTART_DELAY_MS 1000

/* DATCONNLIMIT_INVALID_DB, after a DROP DATABASE that failed; some minor versions lack the name. */
#define INVALID_DATABASE (-2)
/* So that a flusher that waits for a lock when it starts does not delay the others. */
#define START_MAX_MS 5000

/* A lack of worker processes is logged no more often than this. */
#define COMPLAIN_EVERY_MS 60000

static void leave_office(int code, Datum arg);
static void visit_all_databases(void);
static List *list_databases(void);
static bool start_flusher(Oid database);
static void complain_of_no_worker(Oid database);
static long start_wanted_flushers(void);
static bool forget_dropped_databases(void);
static bool is_wanted(DatabaseState *db);
static long ms_until_restart(const DatabaseState *db);
static bool has_flusher(Oid database);
static void pause_ms(long timeout_ms);

void
launcher_register(void)
{
	BackgroundWorker worker;

	/* pg_upgrade copies files of servers that it has started in this mode. */
	if (IsBinaryUpgrade)
		return;
	worker_describe(&worker, "commentary_launcher_main", "commentary launcher");
	worker.bgw_restart_time = RESTART_DELAY_MS / 1000;
	RegisterBackgroundWorker(&worker);
}

void
commentary_launcher_main(Datum arg)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	worker_connect(InvalidOid, 0);

	before_shmem_exit(leave_office, (Datum) 0);
	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	CommentaryShared->launcher_latch = MyLatch;
	LWLockRelease(CommentaryShared->lock);

	visit_all_databases();
	while (!ShutdownRequestPending)
	{
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		pause_ms(start_wanted_flushers());
	}
}

static void
leave_office(int code, Datum arg)
{
	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	CommentaryShared->launcher_latch = NULL;
	LWLockRelease(CommentaryShared->lock);
}

static void
visit_all_databases(void)
{
	List *databases = list_databases();
	ListCell *cell;

	foreach (cell, databases)
	{
		if (ShutdownRequestPending)
			return;
		start_flusher(lfirst_oid(cell));
	}
	list_free(databases);
}

/*
 * The databases that may have commentary, in TopMemoryContext.  A database that allows
 * no connections may have rows in staging; template0 allows none either, and has none.
 */
static List *
list_databases(void)
{
	List *databases = NIL;
	Relation catalog;
	TableScanDesc scan;
	HeapTuple tuple;

	StartTransactionCommand();
	catalog = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(catalog, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

		if ((database->datallowconn || !database->datistemplate) &&
			database->datconnlimit != INVALID_DATABASE)
			databases = lappend_oid(databases, database->oid);
		MemoryContextSwitchTo(old);
	}
	table_endscan(scan);
	table_close(catalog, AccessShareLock);
	CommitTransactionCommand();
	return databases;
}

/*
 * Starts a flusher, and waits at most START_MAX_MS until it has taken office or ended.  False
 * when the server has no free worker process.
 */
static bool
start_flusher(Oid database)
{
	BackgroundWorker worker;
	BackgroundWorkerHandle *handle;
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), START_MAX_MS);
	pid_t pid;

	flusher_describe(&worker, database);
	if (!RegisterDynamicBackgroundWorker(&worker, &handle))
	{
		complain_of_no_worker(database);
		return false;
	}
	while (!ShutdownRequestPending && !has_flusher(database) && GetCurrentTimestamp() < end &&
		   GetBackgroundWorkerPid(handle, &pid) != BGWH_STOPPED)
		pause_ms(RESTART_DELAY_MS);
	pfree(handle);
	return true;
}

static void
complain_of_no_worker(Oid database)
{
	static TimestampTz complained_at = 0;
	DatabaseState *db = shared_find_database(database);

	if (db != NULL)
		obstacle_note_no_worker(db);
	if (!TimestampDifferenceExceeds(complained_at, GetCurrentTimestamp(), COMPLAIN_EVERY_MS))
		return;
	complained_at = GetCurrentTimestamp();
	ereport(WARNING,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("commentary found no free background worker for a flusher"),
			 errdetail("It tries again every second, and durable commits wait."),
			 errhint("Raise max_worker_processes and restart the server; each database with commentary needs one, and the launcher one more.")));
}

/*
 * Returns how long to sleep before the next wanted flusher may be started, or -1 when
 * none is wanted.  Waiting for a flusher to start resets the latch, which may have been
 * set for another reason as well: so return 0 then, to look again at once.
 */
static long
start_wanted_flushers(void)
{
	long delay_ms = -1;

	for (int i = 0; i < CommentaryShared->num_databases && !ShutdownRequestPending; i++)
	{
		DatabaseState *db = &CommentaryShared->databases[i];
		long wait_ms = is_wanted(db) ? ms_until_restart(db) : -1;

		if (wait_ms == 0 && forget_dropped_databases())
		{
			delay_ms = 0; /* this database may be one of those that were forgotten: look again */
			continue;
		}
		if (wait_ms == 0)
		{
			db->last_start_at = GetCurrentTimestamp();
			wait_ms = start_flusher(db->database) ? 0 : RESTART_DELAY_MS;
		}
		if (wait_ms >= 0)
			delay_ms = delay_ms < 0 ? wait_ms : Min(delay_ms, wait_ms);
	}
	return ShutdownRequestPending ? 0 : delay_ms;
}

static bool
forget_dropped_databases(void)
{
	bool found;

	StartTransactionCommand();
	found = shared_reclaim_slots();
	CommitTransactionCommand();
	return found;
}

static bool
is_wanted(DatabaseState *db)
{
	bool wanted;

	LWLockAcquire(CommentaryShared->lock, LW_SHARED);
	wanted = OidIsValid(db->database) && db->wants_flusher && db->flusher_pid == 0 &&
			 db->holds == 0;
	LWLockRelease(CommentaryShared->lock);
	return wanted;
}

/* 0: the database's flusher may be started now. */
static long
ms_until_restart(const DatabaseState *db)
{
	TimestampTz due = TimestampTzPlusMilliseconds(db->last_start_at, RESTART_DELAY_MS);

	return TimestampDifferenceMilliseconds(GetCurrentTimestamp(), due);
}

static bool
has_flusher(Oid database)
{
	bool found = false;

	LWLockAcquire(CommentaryShared->lock, LW_SHARED);
	for (int i = 0; i < CommentaryShared->num_databases; i++)
	{
		DatabaseState *db = &CommentaryShared->databases[i];

		found |= (db->database == database && db->flusher_pid != 0);
	}
	LWLockRelease(CommentaryShared->lock);
	return found;
}

/* Sleeps until the latch is set, or for timeout_ms, which is -1 for no limit. */
static void
pause_ms(long timeout_ms)
{
	int events = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH;

	if (timeout_ms >= 0)
		events |= WL_TIMEOUT;
	(void) WaitLatch(MyLatch, events, timeout_ms, WaitEventLauncherMain());
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}
