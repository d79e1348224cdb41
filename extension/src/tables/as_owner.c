/*
 * as_owner.c
 *		Functions of ours that work on a table with the rights of its owner.
 *
 * They may do on the table what the client's role may not.  SECURITY DEFINER would do that
 * with the rights of the extension's owner, a superuser, also for the triggers and
 * defaults that the owner of the table has put there.  So each calls a private SQL
 * function with the rights of the table's owner; that one is bound to the table when
 * it is created, and looks up no names.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/dependency.h"
#include "catalog/pg_proc.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/syscache.h"

#include "base/owner.h"
#include "tables/relations.h"

PG_FUNCTION_INFO_V1(commentary_report_relay);
PG_FUNCTION_INFO_V1(commentary_relay_reports);
PG_FUNCTION_INFO_V1(commentary_relay_summary);
PG_FUNCTION_INFO_V1(commentary_purge_summary);
PG_FUNCTION_INFO_V1(commentary_newest_epoch);
PG_FUNCTION_INFO_V1(commentary_count_rejected);

static Datum call_as_owner(FunctionCallInfo fcinfo, const char *table, LOCKMODE mode,
						   const char *function);
static Oid find_function(const char *name);

/* report_relay(...) RETURNS void */
Datum
commentary_report_relay(PG_FUNCTION_ARGS)
{
	return call_as_owner(fcinfo, "relay", RowExclusiveLock, "store_report");
}

/*
 * relay_reports(pass text) RETURNS commentary.relay[]; null: there is none
 *
 * Views call it instead of reading the table, which is unlogged: on a standby
 * PostgreSQL refuses a query that names it.  A view calls functions with the rights of
 * its reader, who has none on the table.  The pass proves that one of our views calls:
 * the view can read it, and its reader cannot.
 */
Datum
commentary_relay_reports(PG_FUNCTION_ARGS)
{
	if (RecoveryInProgress())
		PG_RETURN_NULL();
	if (!DatumGetBool(call_as_owner(fcinfo, "relay_pass", AccessShareLock, "own_is_relay_pass")))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for the reports of relays"),
				 errhint("SELECT from commentary.stat_relay or commentary.viewers.")));
	return call_as_owner(fcinfo, "relay", AccessShareLock, "own_relay_reports");
}

/* relay_summary() RETURNS bigint[]: relays that report, their viewers, those that lag */
Datum
commentary_relay_summary(PG_FUNCTION_ARGS)
{
	return call_as_owner(fcinfo, "relay", AccessShareLock, "own_relay_summary");
}

/* purge_summary() RETURNS text[]: matches to be purged, how many cannot be, and why */
Datum
commentary_purge_summary(PG_FUNCTION_ARGS)
{
	return call_as_owner(fcinfo, "purging", AccessShareLock, "own_purge_summary");
}

/* newest_epoch() RETURNS text; null: there is none */
Datum
commentary_newest_epoch(PG_FUNCTION_ARGS)
{
	return call_as_owner(fcinfo, "epoch", AccessShareLock, "epoch");
}

/* count_rejected() RETURNS bigint */
Datum
commentary_count_rejected(PG_FUNCTION_ARGS)
{
	return call_as_owner(fcinfo, "rejected", AccessShareLock, "own_count_rejected");
}

/* With the same arguments. */
static Datum
call_as_owner(FunctionCallInfo fcinfo, const char *table, LOCKMODE mode, const char *function)
{
	LOCAL_FCINFO(call, FUNC_MAX_ARGS);
	Relation relation = relations_open(relations_find(table), mode);
	OwnerContext context;
	FmgrInfo flinfo;
	Datum result;

	fmgr_info(find_function(function), &flinfo);
	InitFunctionCallInfoData(*call, &flinfo, PG_NARGS(), fcinfo->fncollation, NULL, NULL);
	memcpy(call->args, fcinfo->args, PG_NARGS() * sizeof(NullableDatum));
	owner_enter(&context, relation);
	result = FunctionCallInvoke(call);
	owner_leave(&context);
	table_close(relation, NoLock);
	fcinfo->isnull = call->isnull;
	return result;
}

/* That of the extension: others may be allowed to create in its schema. */
static Oid
find_function(const char *name)
{
	Oid extension = get_extension_oid("commentary", false);
	CatCList *found = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
	Oid function = InvalidOid;

	for (int i = 0; i < found->n_members; i++)
	{
		Form_pg_proc form = (Form_pg_proc) GETSTRUCT(&found->members[i]->tuple);

		if (getExtensionOfObject(ProcedureRelationId, form->oid) == extension)
			function = form->oid;
	}
	ReleaseSysCacheList(found);
	if (!OidIsValid(function))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("function \"commentary.%s\" is missing", name),
				 errhint("Run ALTER EXTENSION commentary UPDATE.")));
	return function;
}
