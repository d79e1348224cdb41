/*
 * guard.c
 *		Makes our triggers fire for every value of session_replication_role.
 *
 * Replication and migration tools set it to 'replica', and then ordinary triggers do not fire:
 * an INSERT into commentary.feed would report success and store nothing.  The triggers of our
 * tables are ENABLE ALWAYS.  But the trigger of a view cannot have this state, and a table loses
 * it by ENABLE TRIGGER ALL, which pg_restore --disable-triggers runs at its end.  So each
 * statement's own copy of the triggers is changed here, for our triggers only.  No hook reaches
 * the copy that COPY makes, so a COPY into a view of ours runs with the value 'origin'.
 *
 * In a session that applies changes of another server, each trigger decides for itself what to
 * do (replication.h).
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "admin/guard.h"

#define LIBRARY "$libdir/commentary"

static ExecutorStart_hook_type previous_start = NULL;

static void guard_start(QueryDesc *query, int flags);
static void keep_on(TriggerDesc *triggers);
static bool is_passed_over(const Trigger *trigger);
static bool is_ours(Oid function);
static bool has_triggers_of_ours(Oid relation_id, bool passed_over);

void
guard_install_hook(void)
{
	previous_start = ExecutorStart_hook;
	ExecutorStart_hook = guard_start;
}

static void
guard_start(QueryDesc *query, int flags)
{
	ListCell *cell;

	if (previous_start != NULL)
		previous_start(query, flags);
	else
		standard_ExecutorStart(query, flags);

	if (likely(SessionReplicationRole != SESSION_REPLICATION_ROLE_REPLICA))
		return;
	foreach (cell, query->estate->es_opened_result_relations)
	{
		/* The statement's own copy (InitResultRelInfo), so other statements are not affected. */
		keep_on(((ResultRelInfo *) lfirst(cell))->ri_TrigDesc);
	}
}

static void
keep_on(TriggerDesc *triggers)
{
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		if (is_passed_over(&triggers->triggers[i]))
			triggers->triggers[i].tgenabled = TRIGGER_FIRES_ALWAYS;
	}
}

/*
 * Would session_replication_role = replica pass over this trigger of ours?  False for a disabled
 * trigger: a DBA has decided so, and check() shows it.
 */
static bool
is_passed_over(const Trigger *trigger)
{
	return trigger->tgenabled == TRIGGER_FIRES_ON_ORIGIN && is_ours(trigger->tgfoid);
}

/* Compares the library, since schema, relation and trigger may be renamed. */
static bool
is_ours(Oid function)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	bool is_found = false;
	bool isnull = true;
	Datum library;

	if (!HeapTupleIsValid(tuple))
		return false;
	if (((Form_pg_proc) GETSTRUCT(tuple))->prolang == ClanguageId)
	{
		library = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_probin, &isnull);
		is_found = !isnull && strcmp(TextDatumGetCString(library), LIBRARY) == 0;
	}
	ReleaseSysCache(tuple);
	return is_found;
}

bool
guard_is_needed(Node *command)
{
	CopyStmt *copy = (CopyStmt *) command;
	Oid relation;

	if (!IsA(command, CopyStmt) || !copy->is_from || copy->relation == NULL ||
		SessionReplicationRole != SESSION_REPLICATION_ROLE_REPLICA)
		return false;
	relation = RangeVarGetRelid(copy->relation, AccessShareLock, true);
	return OidIsValid(relation) && get_rel_relkind(relation) == RELKIND_VIEW &&
		   has_triggers_of_ours(relation, true);
}

int
guard_begin(void)
{
	int role = SessionReplicationRole;

	SessionReplicationRole = SESSION_REPLICATION_ROLE_ORIGIN;
	return role;
}

void
guard_end(int role)
{
	SessionReplicationRole = role;
}

void
guard_refuse_rule(Node *command)
{
	RuleStmt *rule = (RuleStmt *) command;
	Oid relation;

	if (!IsA(command, RuleStmt) || !rule->instead || rule->event == CMD_SELECT)
		return;
	relation = RangeVarGetRelid(rule->relation, AccessShareLock, true);
	if (OidIsValid(relation) && has_triggers_of_ours(relation, false))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot create rule \"%s\" on \"%s\"", rule->rulename, rule->relation->relname),
				 errdetail("With DO INSTEAD, a statement would report success and commentary would store nothing."),
				 errhint("Use DO ALSO, or write a trigger.")));
}

static bool
has_triggers_of_ours(Oid relation_id, bool passed_over)
{
	Relation relation = relation_open(relation_id, AccessShareLock);
	TriggerDesc *triggers = relation->trigdesc;
	bool is_found = false;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers && !is_found; i++)
		is_found = passed_over ? is_passed_over(&triggers->triggers[i])
							   : is_ours(triggers->triggers[i].tgfoid);
	relation_close(relation, AccessShareLock);
	return is_found;
}
