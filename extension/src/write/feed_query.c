/*
 * feed_query.c
 *		Refuses statements on commentary.feed that cannot work, with a hint that says
 *		what to do instead.
 *
 * PostgreSQL would accept FOR UPDATE and lock nothing, because the view also reads a
 * function, own_rows().  It would refuse ON CONFLICT with a target, which needs an index,
 * and a view has none; but its error does not say what to do.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "nodes/parsenodes.h"
#include "parser/analyze.h"
#include "utils/lsyscache.h"

/* Before version 16 it declares functions without a prototype. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include "nodes/nodeFuncs.h"
#pragma GCC diagnostic pop

#include "write/feed_query.h"

static post_parse_analyze_hook_type previous_hook = NULL;

static void check_statement(ParseState *pstate, Query *query, JumbleState *jumble);
static void check_query(Query *query);
static bool check_node(Node *node, void *context);
static bool is_feed(const RangeTblEntry *entry);
static void fail_lock(void);
static void fail_conflict(void);

void
feed_query_install_hook(void)
{
	previous_hook = post_parse_analyze_hook;
	post_parse_analyze_hook = check_statement;
}

static void
check_statement(ParseState *pstate, Query *query, JumbleState *jumble)
{
	if (previous_hook != NULL)
		previous_hook(pstate, query, jumble);
	if (query->commandType != CMD_UTILITY)
		check_query(query);
}

static void
check_query(Query *query)
{
	ListCell *cell;

	foreach (cell, query->rowMarks)
	{
		if (is_feed(list_nth(query->rtable, lfirst_node(RowMarkClause, cell)->rti - 1)))
			fail_lock();
	}
	if (query->onConflict != NULL &&
		(query->onConflict->arbiterElems != NIL || OidIsValid(query->onConflict->constraint)) &&
		is_feed(list_nth(query->rtable, query->resultRelation - 1)))
		fail_conflict();
	(void) query_tree_walker(query, check_node, NULL, 0);
}

/* Looks into the queries inside a query: in FROM, in WITH, and in its expressions. */
static bool
check_node(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		check_query((Query *) node);
		return false;
	}
	return expression_tree_walker(node, check_node, context);
}

static bool
is_feed(const RangeTblEntry *entry)
{
	char *name;

	if (entry->rtekind != RTE_RELATION || entry->relkind != RELKIND_VIEW)
		return false;
	name = get_rel_name(entry->relid);
	return name != NULL && strcmp(name, "feed") == 0 &&
		   get_rel_namespace(entry->relid) == get_namespace_oid("commentary", true);
}

static void
fail_lock(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("rows of commentary.feed cannot be locked"),
			 errdetail("Nobody waits for an entry: an UPDATE amends the columns that it changes, and the last one to commit stands."),
			 errhint("Leave FOR UPDATE out. To have the editors of a match take turns: SELECT FROM commentary.match WHERE match_id = ... FOR NO KEY UPDATE.")));
}

static void
fail_conflict(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("ON CONFLICT with a target cannot be used on commentary.feed"),
			 errdetail("A plain INSERT with a client_ref that is stored already is compared with the row before: nothing happens, or the columns that differ are amended."),
			 errhint("Leave ON CONFLICT out.")));
}
