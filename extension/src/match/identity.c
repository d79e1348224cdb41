/*
 * identity.c
 *		The numbers that matches get by themselves.
 *
 * A match may be inserted with a number of its own.  PostgreSQL's identity knows nothing
 * of it, and would give the same number later.  Two sessions that do this at once may
 * leave the identity behind one of them: then an INSERT fails once with 23505, no more.
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/fmgrprotos.h"

#include "base/compat.h"
#include "match/identity.h"

/* Whoever uses numbers beyond this counts in another way; the identity would soon end there. */
#define MAX_PASSED (INT64CONST(1) << 52)

static bool is_passed(Oid sequence, int64 match_id);

/* As the owner of the table, who owns its sequence: no code of others runs. */
void
identity_pass(Relation match, AttrNumber attno, int64 match_id)
{
	Oid sequence = IdentitySequence(match, attno);
	Oid user;
	int security;

	if (!OidIsValid(sequence) || match_id > MAX_PASSED)
		return;
	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(match->rd_rel->relowner, security | SECURITY_LOCAL_USERID_CHANGE);
	if (!is_passed(sequence, match_id))
		(void) DirectFunctionCall2(setval_oid, ObjectIdGetDatum(sequence), Int64GetDatum(match_id));
	SetUserIdAndSecContext(user, security);
}

static bool
is_passed(Oid sequence, int64 match_id)
{
	LOCAL_FCINFO(call, 1);
	Datum last;

	InitFunctionCallInfoData(*call, NULL, 1, InvalidOid, NULL, NULL);
	call->args[0].value = ObjectIdGetDatum(sequence);
	call->args[0].isnull = false;
	last = pg_sequence_last_value(call); /* null before the first number */
	return !call->isnull && DatumGetInt64(last) >= match_id;
}
