/*
 * owner.c
 *		Acting on a table with the rights of its owner.
 *
 * The flusher is a superuser, and so is the owner of most functions of the
 * extension.  The tables may have been given to somebody else, whose triggers,
 * defaults, index expressions, policies and constraints run whenever we write:
 * they must run with the rights of that owner, never with ours.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_constraint.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/syscache.h"

#include "base/owner.h"

static void keep_plan(SPIPlanPtr plan);
static void set_constraints(List *constraints, bool deferred);
static List *deferrable_constraints(Relation relation, bool initially_deferred);
static List *add_constraint(List *constraints, Oid constraint_id);

/*
 * Row security does not apply, also when it is forced, as it does not apply to
 * foreign keys (ri_triggers.c): what a policy hides from us would be lost.
 */
void
owner_enter(OwnerContext *context, Relation relation)
{
	context->relation = relation;
	set_constraints(deferrable_constraints(relation, false), false);
	GetUserIdAndSecContext(&context->user, &context->security);
	SetUserIdAndSecContext(relation->rd_rel->relowner,
						   context->security | SECURITY_RESTRICTED_OPERATION |
							   SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	context->settings = NewGUCNestLevel();
}

void
owner_leave(OwnerContext *context)
{
	AtEOXact_GUC(false, context->settings);
	SetUserIdAndSecContext(context->user, context->security);
	set_constraints(deferrable_constraints(context->relation, true), true);
}

/* Parsed before the change of rights: the owner may have no USAGE of our schema. */
void
owner_execute(Relation relation, const char *statement, int num_values, Oid *types,
			  Datum *values, const char *nulls)
{
	SPIPlanPtr plan = SPI_prepare(statement, num_values, types);
	OwnerContext context;
	int result;

	if (plan == NULL)
		elog(ERROR, "cannot prepare \"%s\": %s", statement, SPI_result_code_string(SPI_result));
	keep_plan(plan);
	owner_enter(&context, relation);
	result = SPI_execute_plan(plan, values, nulls, false, 0);
	owner_leave(&context);
	if (result < 0)
		elog(ERROR, "cannot execute \"%s\": %s", statement, SPI_result_code_string(result));
}

/*
 * As it was parsed by us: with row security on the table, PostgreSQL would parse
 * it again for another role, to add the policies that do not apply.
 */
static void
keep_plan(SPIPlanPtr plan)
{
	ListCell *cell;

	foreach (cell, SPI_plan_get_plan_sources(plan))
	{
		((CachedPlanSource *) lfirst(cell))->dependsOnRLS = false;
	}
}

/*
 * A trigger that is deferred would run at the commit, with the rights of the
 * session: before version 18 PostgreSQL does not remember the role that queued it, and so
 * it refuses to queue any in a security-restricted operation (trigger.c).  Set to
 * immediate they run at the end of our statement.
 */
static void
set_constraints(List *constraints, bool deferred)
{
	ConstraintsSetStmt *statement;

	if (constraints == NIL)
		return;
	statement = makeNode(ConstraintsSetStmt);
	statement->constraints = constraints;
	statement->deferred = deferred;
	AfterTriggerSetState(statement);
}

static List *
deferrable_constraints(Relation relation, bool initially_deferred)
{
	TriggerDesc *triggers = relation->trigdesc;
	List *constraints = NIL;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (initially_deferred ? trigger->tginitdeferred : trigger->tgdeferrable)
			constraints = add_constraint(constraints, trigger->tgconstraint);
	}
	return constraints;
}

/* By name and schema, as SET CONSTRAINTS has it; it may be that of another table. */
static List *
add_constraint(List *constraints, Oid constraint_id)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint_id));
	Form_pg_constraint constraint;

	if (!HeapTupleIsValid(tuple))
		return constraints;
	constraint = (Form_pg_constraint) GETSTRUCT(tuple);
	constraints = lappend(constraints,
						  makeRangeVar(get_namespace_name(constraint->connamespace),
									   pstrdup(NameStr(constraint->conname)), -1));
	ReleaseSysCache(tuple);
	return constraints;
}
