/*
 * ddl.c
 *		Commands that a running flusher would stand in the way of.
 *
 * DROP DATABASE, and all that needs a database without sessions, counts the
 * flusher as one (CountOtherDBBackends in procarray.c) and would fail.  So the
 * flusher is sent away before, and is started again after if the database is
 * still there.
 */
#include "postgres.h"

#include "catalog/objectaddress.h"
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/wait_event.h"

#include "compat.h"
#include "ddl.h"
#include "shared.h"

#define WAIT_STEP_MS 10
#define WAIT_MAX_MS	 10000

static ProcessUtility_hook_type previous_hook = NULL;

static void process_utility(PlannedStmt *statement, const char *query, bool read_only_tree,
							ProcessUtilityContext context, ParamListInfo params,
							QueryEnvironment *environment, DestReceiver *destination,
							QueryCompletion *completion);
static void run(PlannedStmt *statement, const char *query, bool read_only_tree,
				ProcessUtilityContext context, ParamListInfo params,
				QueryEnvironment *environment, DestReceiver *destination,
				QueryCompletion *completion);
static const char *database_to_empty(Node *statement);
static const char *template_of(CreatedbStmt *statement);
static DatabaseState *find_owned(const char *name);
static void send_flusher_away(DatabaseState *db);

void
ddl_install_hook(void)
{
	previous_hook = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}

static void
process_utility(PlannedStmt *statement, const char *query, bool read_only_tree,
				ProcessUtilityContext context, ParamListInfo params,
				QueryEnvironment *environment, DestReceiver *destination,
				QueryCompletion *completion)
{
	const char *name = database_to_empty(statement->utilityStmt);
	DatabaseState *db = name == NULL ? NULL : find_owned(name);

	if (db == NULL)
	{
		run(statement, query, read_only_tree, context, params, environment, destination,
			completion);
		return;
	}

	shared_hold_flusher(db, true);
	PG_TRY();
	{
		send_flusher_away(db);
		run(statement, query, read_only_tree, context, params, environment, destination,
			completion);
	}
	PG_FINALLY();
	{
		/* The launcher finds out whether the database is still there. */
		shared_hold_flusher(db, false);
	}
	PG_END_TRY();
}

static void
run(PlannedStmt *statement, const char *query, bool read_only_tree,
	ProcessUtilityContext context, ParamListInfo params,
	QueryEnvironment *environment, DestReceiver *destination,
	QueryCompletion *completion)
{
	ProcessUtility_hook_type next = previous_hook ? previous_hook : standard_ProcessUtility;

	next(statement, query, read_only_tree, context, params, environment, destination,
		 completion);
}

/* The database in which this command wants nobody; NULL for other commands. */
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
	return NULL;
}

/*
 * The state of a database that has a flusher.  Only for who may do such things
 * to it: others get PostgreSQL's own error, and disturb nobody.
 */
static DatabaseState *
find_owned(const char *name)
{
	Oid database = get_database_oid(name, true);

	if (CommentaryShared == NULL || !OidIsValid(database) || database == MyDatabaseId ||
		!OwnsDatabase(database, GetUserId()))
		return NULL;
	return shared_find_database(database);
}

static void
send_flusher_away(DatabaseState *db)
{
	for (int waited_ms = 0; waited_ms < WAIT_MAX_MS; waited_ms += WAIT_STEP_MS)
	{
		if (!shared_stop_flusher(db))
			return;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 WAIT_STEP_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE),
			 errmsg("the commentary flusher of this database did not stop within %d s",
					WAIT_MAX_MS / 1000),
			 errhint("It may be flushing a lot: try again.")));
}
