/*
 * identity.c
 *		Keeps the identity column of matches ahead of the numbers that clients give.
 *
 * A match may be inserted with a number that the client chose.  PostgreSQL's identity does
 * not notice, and would give the same number again later.
 *
 * The identity must never go back.  Sessions that move it forward do so one at a time, under
 * a lock.  Sessions that only take the next number do not take this lock.  So a number that is
 * near is reached by taking numbers, and only a far one, which nobody reaches meanwhile, is set.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/dependency.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "base/owner.h"
#include "match/identity.h"

/*
 * Larger numbers are ignored: a client that uses them numbers in its own way, and the identity
 * would soon be at its end.
 */
#define MAX_PASSED (INT64CONST(1) << 52)

/*
 * Other sessions take fewer numbers than this between the moment when the identity is read
 * and the moment when it is set.
 */
#define NEAR 1000

static void pass(Oid sequence, int64 match_id);
static int64 last_of(Oid sequence);

/* Acts as the owner of the table, who owns its sequence too; no code of others runs here. */
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
	if (last_of(sequence) < match_id)
		pass(sequence, match_id);
	SetUserIdAndSecContext(user, security);
}

void
identity_pass_all(Oid relation_id, const char *column)
{
	AttrNumber attno = get_attnum(relation_id, column);
	Relation relation;
	bool isnull = true;
	Datum last = 0;

	if (attno == InvalidAttrNumber)
		return;
	relation = table_open(relation_id, NoLock);
	SPI_connect();
	owner_execute(relation,
				  psprintf("SELECT pg_catalog.max(%s) FROM commentary.%s", column,
						   quote_identifier(RelationGetRelationName(relation))),
				  0, NULL, NULL, NULL);
	if (SPI_processed > 0)
		last = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (!isnull && DatumGetInt64(last) > 0)
		identity_pass(relation, attno, DatumGetInt64(last));
	SPI_finish();
	table_close(relation, NoLock);
}

/* Releases the lock at once, because a rollback does not undo changes of a sequence. */
static void
pass(Oid sequence, int64 match_id)
{
	int64 last;

	LockRelationOid(sequence, ShareUpdateExclusiveLock);
	last = last_of(sequence);
	if (last < match_id - NEAR)
		(void) DirectFunctionCall2(setval_oid, ObjectIdGetDatum(sequence), Int64GetDatum(match_id));
	for (int i = 0; i < NEAR && last >= match_id - NEAR && last < match_id; i++)
		last = DatumGetInt64(DirectFunctionCall1(nextval_oid, ObjectIdGetDatum(sequence)));
	UnlockRelationOid(sequence, ShareUpdateExclusiveLock);
}

/* 0 before the first number. */
static int64
last_of(Oid sequence)
{
	LOCAL_FCINFO(call, 1);
	Datum last;

	InitFunctionCallInfoData(*call, NULL, 1, InvalidOid, NULL, NULL);
	call->args[0].value = ObjectIdGetDatum(sequence);
	call->args[0].isnull = false;
	last = pg_sequence_last_value(call); /* null before the first number */
	return call->isnull ? 0 : DatumGetInt64(last);
}
