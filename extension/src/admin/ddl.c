/*
 * ddl.c
 *		Commands of DBAs that a running flusher would block, or that it must notice.
 *
 * DROP DATABASE, like every command that needs a database without sessions, counts the
 * flusher as a session (CountOtherDBBackends in procarray.c) and would fail.  So the
 * flusher is stopped first.  It may start again when the transaction ends, by COMMIT or
 * ROLLBACK; the launcher finds out whether the database is still there.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/syscache.h"
#include "utils/wait_event.h"

#include "admin/ddl.h"
#include "admin/guard.h"
#include "base/compat.h"
#include "shared/channel.h"
#include "shared/shared.h"

#define WAIT_STEP_MS 10
#define WAIT_MAX_MS	 10000

/* DROP DATABASE ... WITH (FORCE) may end sessions that the flusher waits for. */
#define WAIT_MAX_FORCED_MS 1000

/* CREATE DATABASE copies this one unless told otherwise. */
#define DEFAULT_TEMPLATE "template1"

static ProcessUtility_hook_type previous_hook = NULL;

/* Databases in which this transaction lets no flusher start. */
static List *held = NIL;

/* The flusher has to look whether the extension is still there, and whether it is a follower. */
static bool has_changed_extension = false;

/* A database whose settings have changed, so that its flusher has to start again. */
static Oid set_in = InvalidOid;

static void process_utility(PlannedStmt *statement, const char *query, bool read_only_tree,
							ProcessUtilityContext context, ParamListInfo params,
							QueryEnvironment *environment, DestReceiver *destination,
							QueryCompletion *completion);
static void run(PlannedStmt *statement, const char *query, bool read_only_tree,
				ProcessUtilityContext context, ParamListInfo params,
				QueryEnvironment *environment, DestReceiver *destination,
				QueryCompletion *completion);
static void run_next(PlannedStmt *statement, const char *query, bool read_only_tree,
					 ProcessUtilityContext context, ParamListInfo params,
					 QueryEnvironment *environment, DestReceiver *destination,
					 QueryCompletion *completion);
static bool is_about_subscription(Node *command);
static bool is_setting(Node *command);
static const char *database_to_empty(Node *statement);
static const char *template_of(CreatedbStmt *statement);
static DatabaseState *find_database(const char *name, bool is_template);
static bool may_copy(Oid database);
static bool may_create_databases(void);
static bool is_forced(Node *statement);
static bool send_flusher_away(DatabaseState *db, int max_ms);
static void hold_flusher(DatabaseState *db);
static void on_xact_event(XactEvent event, void *arg);
static void on_resource_release(ResourceReleasePhase phase, bool is_commit,
								bool is_top_level, void *arg);
static void tell_flusher(void);
static void restart_flusher(Oid database);

void
ddl_install_hook(void)
{
	previous_hook = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
	RegisterXactCallback(on_xact_event, NULL);
	RegisterResourceReleaseCallback(on_resource_release, NULL);
}

void
ddl_note_extension(void)
{
	has_changed_extension = true;
}

static void
process_utility(PlannedStmt *statement, const char *query, bool read_only_tree,
				ProcessUtilityContext context, ParamListInfo params,
				QueryEnvironment *environment, DestReceiver *destination,
				QueryCompletion *completion)
{
	Node *command = statement->utilityStmt;
	const char *name = database_to_empty(command);
	DatabaseState *db = name == NULL ? NULL : find_database(name, IsA(command, CreatedbStmt));
	bool sets;

	if (db != NULL)
	{
		hold_flusher(db);
		if (is_forced(command))
			(void) send_flusher_away(db, WAIT_MAX_FORCED_MS);
		else if (!send_flusher_away(db, WAIT_MAX_MS))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("the commentary flusher of database \"%s\" did not stop within %d s",
							name, WAIT_MAX_MS / 1000),
					 errdetail("It is flushing a lot, or waits for a lock on a table of commentary."),
					 errhint("See pg_stat_activity and pg_locks, and try again.")));
	}
	if (IsA(command, ListenStmt))
		channel_note_listen((ListenStmt *) command);
	guard_refuse_rule(command);
	has_changed_extension |= is_about_subscription(command);
	has_changed_extension |= ddl_lock_extension(command);
	sets = is_setting(command);
	run(statement, query, read_only_tree, context, params, environment, destination,
		completion);

	/*
	 * Only now: a role that may not set it must not stop a flusher.  Other commands may have
	 * freed themselves, such as a CALL whose procedure runs DEALLOCATE ALL after a ROLLBACK.
	 */
	if (sets)
		set_in = get_database_oid(((AlterDatabaseSetStmt *) command)->dbname, true);
}

/* Subscriptions decide whether this database is a follower (following.c). */
static bool
is_about_subscription(Node *command)
{
	return IsA(command, CreateSubscriptionStmt) || IsA(command, AlterSubscriptionStmt) ||
		   IsA(command, DropSubscriptionStmt);
}

/* A flusher keeps the settings with which it started, so a new one has to take its place. */
static bool
is_setting(Node *command)
{
	const VariableSetStmt *set;

	if (!IsA(command, AlterDatabaseSetStmt))
		return false;
	set = ((AlterDatabaseSetStmt *) command)->setstmt;
	return set->name == NULL || pg_strcasecmp(set->name, "commentary.role") == 0;
}

static void
hold_flusher(DatabaseState *db)
{
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);

	held = lappend(held, db);
	MemoryContextSwitchTo(old);
	shared_hold_flusher(db);
}

static void
on_xact_event(XactEvent event, void *arg)
{
	ListCell *cell;

	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	foreach (cell, held)
	{
		shared_release_flusher((DatabaseState *) lfirst(cell));
	}
	held = NIL;
}

/*
 * Here the other backends have been told of the changed catalogs (inval.c); a flusher that
 * looked sooner would see the old ones.
 */
static void
on_resource_release(ResourceReleasePhase phase, bool is_commit, bool is_top_level,
					void *arg)
{
	if (!is_top_level || phase != RESOURCE_RELEASE_AFTER_LOCKS)
		return;
	if (has_changed_extension && is_commit)
		tell_flusher();
	if (OidIsValid(set_in) && is_commit)
		restart_flusher(set_in);
	has_changed_extension = false;
	set_in = InvalidOid;
}

/* Wakes a paused flusher as well: it, too, has to look whether the extension is still there. */
static void
tell_flusher(void)
{
	DatabaseState *db = shared_database_if_known();

	if (db == NULL)
		return;
	pg_atomic_write_u32(&db->wants_look, 1);
	pg_memory_barrier(); /* it looks, and then it sleeps */
	shared_wake_flusher(db);
}

static void
restart_flusher(Oid database)
{
	DatabaseState *db = CommentaryShared == NULL ? NULL : shared_find_database(database);

	if (db != NULL)
		(void) shared_stop_flusher(db);
}

static void
run(PlannedStmt *statement, const char *query, bool read_only_tree,
	ProcessUtilityContext context, ParamListInfo params,
	QueryEnvironment *environment, DestReceiver *destination,
	QueryCompletion *completion)
{
	int role;

	if (likely(!guard_is_needed(statement->utilityStmt)))
	{
		run_next(statement, query, read_only_tree, context, params, environment, destination,
				 completion);
		return;
	}
	role = guard_begin();
	PG_TRY();
	{
		run_next(statement, query, read_only_tree, context, params, environment, destination,
				 completion);
	}
	PG_FINALLY();
	{
		guard_end(role);
	}
	PG_END_TRY();
}

/* Hands the command on to the hook that was there before ours, or to PostgreSQL. */
static void
run_next(PlannedStmt *statement, const char *query, bool read_only_tree,
		 ProcessUtilityContext context, ParamListInfo params,
		 QueryEnvironment *environment, DestReceiver *destination,
		 QueryCompletion *completion)
{
	ProcessUtility_hook_type next = previous_hook ? previous_hook : standard_ProcessUtility;

	next(statement, query, read_only_tree, context, params, environment, destination,
		 completion);
}

/* The database that this command may need without sessions; NULL for other commands. */
static const char *
database_to_empty(Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_DropdbStmt:
			return ((DropdbStmt *) statement)->dbname;
		case T_RenameStmt:
			return ((RenameStmt *) statement)->renameType == OBJECT_DATABASE
					   ? ((RenameStmt *) statement)->subname
					   : NULL;
		case T_AlterDatabaseStmt:
			return ((AlterDatabaseStmt *) statement)->dbname;
		case T_CreatedbStmt:
			return template_of((CreatedbStmt *) statement);
		default:
			return NULL;
	}
}

static const char *
template_of(CreatedbStmt *statement)
{
	ListCell *cell;

	foreach (cell, statement->options)
	{
		DefElem *option = (DefElem *) lfirst(cell);

		if (strcmp(option->defname, "template") == 0 && option->arg != NULL)
			return defGetString(option);
	}
	return DEFAULT_TEMPLATE;
}

/*
 * The state of a database that has a flusher.  NULL for a role that may
 * not run the command: it gets PostgreSQL's own error, and stops no flusher.
 */
static DatabaseState *
find_database(const char *name, bool is_template)
{
	Oid database = get_database_oid(name, true);

	if (CommentaryShared == NULL || !OidIsValid(database) || database == MyDatabaseId)
		return NULL;
	if (!OwnsDatabase(database, GetUserId()) && !(is_template && may_copy(database)))
		return NULL;
	return shared_find_database(database);
}

/* A role that may create databases may copy a database that is marked as a template. */
static bool
may_copy(Oid database)
{
	HeapTuple tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(database));
	bool is_template = false;

	if (HeapTupleIsValid(tuple))
	{
		is_template = ((Form_pg_database) GETSTRUCT(tuple))->datistemplate;
		ReleaseSysCache(tuple);
	}
	return is_template && may_create_databases();
}

static bool
may_create_databases(void)
{
	HeapTuple tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(GetUserId()));
	bool may_create = false;

	if (HeapTupleIsValid(tuple))
	{
		may_create = ((Form_pg_authid) GETSTRUCT(tuple))->rolcreatedb;
		ReleaseSysCache(tuple);
	}
	return may_create;
}

static bool
is_forced(Node *statement)
{
	ListCell *cell;

	if (!IsA(statement, DropdbStmt))
		return false;
	foreach (cell, ((DropdbStmt *) statement)->options)
	{
		if (strcmp(((DefElem *) lfirst(cell))->defname, "force") == 0)
			return true;
	}
	return false;
}

/* False when the flusher is still there after max_ms. */
static bool
send_flusher_away(DatabaseState *db, int max_ms)
{
	for (int waited_ms = 0; waited_ms < max_ms; waited_ms += WAIT_STEP_MS)
	{
		if (!shared_stop_flusher(db))
			return true;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 WAIT_STEP_MS, WaitEventFlusherStop());
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	return false;
}
