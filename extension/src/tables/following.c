/*
 * following.c
 *		Is the log of this database written elsewhere, and applied here?
 *
 * commentary.role says so.  A DBA may forget it, so a log that belongs to a subscription
 * counts as well, and so does one into which another replication system has written.
 * Writers do not ask their own setting: in a session of a pool it may be an old one.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_subscription_rel.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/replication.h"
#include "base/settings.h"
#include "base/trigger.h"
#include "shared/head.h"
#include "shared/mark.h"
#include "tables/columns.h"
#include "tables/following.h"
#include "tables/relations.h"

PG_FUNCTION_INFO_V1(commentary_following);
PG_FUNCTION_INFO_V1(commentary_note_applied);

static Following following_now(DatabaseState *db);
static Following find_out(DatabaseState *db);
static Oid subscription_of_log(void);
static bool is_copying(Oid relation);
static void tell(Following now);
static char *reason_for(Following following);
static bool read_place(const TriggerData *trigger, int64 *match_id, int64 *seq,
					   TimestampTz *flushed_at);

void
following_look(DatabaseState *db)
{
	Following now = find_out(db);
	Following before = pg_atomic_exchange_u32(&db->following, now);

	if (now > FOLLOWING_NOBODY)
		pg_atomic_write_u32(&db->was_following, 1);
	if (now > FOLLOWING_NOBODY && before <= FOLLOWING_NOBODY)
		head_forget(db);
	if (before != now && !(before == FOLLOWING_UNKNOWN && now == FOLLOWING_NOBODY))
		tell(now);
}

bool
following_is_on(DatabaseState *db)
{
	return pg_atomic_read_u32(&db->following) > FOLLOWING_NOBODY;
}

bool
following_is_copying(void)
{
	const Relations *ours = relations_get();

	return is_copying(ours->match) || is_copying(ours->entry) || is_copying(ours->epoch);
}

/* What the flusher has seen of a subscription may be old: look. */
static Following
following_now(DatabaseState *db)
{
	Following following = pg_atomic_read_u32(&db->following);

	if (following == FOLLOWING_UNKNOWN && commentary_role == ROLE_FOLLOWER)
		following = FOLLOWING_BY_ROLE;
	if (following == FOLLOWING_BY_ROLE || following == FOLLOWING_BY_ORIGIN)
		return following;
	return OidIsValid(subscription_of_log()) ? FOLLOWING_BY_SUBSCRIPTION : FOLLOWING_NOBODY;
}

void
following_refuse(DatabaseState *db)
{
	Following following = following_now(db);

	if (likely(following <= FOLLOWING_NOBODY))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
			 errmsg("cannot write commentary in a follower"),
			 errdetail("%s", reason_for(following)),
			 errhint("Write in the primary's database. To make a primary of this one, drop its subscription and RESET commentary.role.")));
}

/* following(OUT is_by_role boolean, OUT reason text) */
Datum
commentary_following(PG_FUNCTION_ARGS)
{
	Following following = following_now(shared_database());
	bool isnull[2] = { following <= FOLLOWING_NOBODY, following <= FOLLOWING_NOBODY };
	Datum values[2] = { BoolGetDatum(following == FOLLOWING_BY_ROLE),
						CStringGetTextDatum(reason_for(following)) };
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, isnull));
}

/* An error of this class lets the flusher wait (blame.c). */
void
following_hold(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("rows were staged before this database became a follower"),
			 errdetail("An entry of its own would meet one that is applied."),
			 errhint("They are flushed when the database is a primary again.")));
}

static Following
find_out(DatabaseState *db)
{
	if (commentary_role == ROLE_FOLLOWER)
		return FOLLOWING_BY_ROLE;
	if (OidIsValid(subscription_of_log()))
		return FOLLOWING_BY_SUBSCRIPTION;
	return pg_atomic_read_u32(&db->is_applied_by_others) != 0 ? FOLLOWING_BY_ORIGIN
															  : FOLLOWING_NOBODY;
}

/* Also one that is disabled: it may go on at any time. */
static Oid
subscription_of_log(void)
{
	Oid entry = relations_get()->entry;
	CatCList *found = SearchSysCacheList1(SUBSCRIPTIONRELMAP, ObjectIdGetDatum(entry));
	Oid subscription = InvalidOid;

	if (found->n_members > 0)
		subscription = ((Form_pg_subscription_rel) GETSTRUCT(&found->members[0]->tuple))->srsubid;
	ReleaseSysCacheList(found);
	return subscription;
}

static bool
is_copying(Oid relation)
{
	CatCList *found = SearchSysCacheList1(SUBSCRIPTIONRELMAP, ObjectIdGetDatum(relation));
	bool result = false;

	for (int i = 0; i < found->n_members; i++)
		result |= ((Form_pg_subscription_rel) GETSTRUCT(&found->members[i]->tuple))->srsubstate !=
				  SUBREL_STATE_READY;
	ReleaseSysCacheList(found);
	return result;
}

static void
tell(Following now)
{
	if (now == FOLLOWING_NOBODY)
		ereport(LOG, (errmsg("commentary follows no other server any more: this database is a primary")));
	else if (now == FOLLOWING_BY_ROLE)
		ereport(LOG, (errmsg("commentary follows another server"), errdetail("%s", reason_for(now))));
	else
		ereport(WARNING,
				(errmsg("commentary follows another server, and stops numbering"),
				 errdetail("%s", reason_for(now)),
				 errhint("ALTER DATABASE ... SET commentary.role = follower, so that this holds from the start.")));
}

static char *
reason_for(Following following)
{
	Oid subscription = following == FOLLOWING_BY_SUBSCRIPTION ? subscription_of_log() : InvalidOid;
	char *name = OidIsValid(subscription) ? get_subscription_name(subscription, true) : NULL;

	if (name != NULL)
		return psprintf("commentary.entry belongs to subscription \"%s\".", name);
	if (following == FOLLOWING_BY_SUBSCRIPTION)
		return pstrdup("commentary.entry belonged to a subscription that is being dropped.");
	if (following == FOLLOWING_BY_ORIGIN)
		return pstrdup("Another replication system has applied entries of commentary.entry; after its end, call commentary.worker_restart().");
	return pstrdup("commentary.role is \"follower\".");
}

/*
 * AFTER INSERT, for each row of the log, in the role 'replica'.  Only marks the entry, and
 * never fails: an ERROR here would stop apply.
 */
Datum
commentary_note_applied(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo, TRIGGER_EVENT_ROW | TRIGGER_EVENT_AFTER,
										TRIGGER_ON(INSERT));
	DatabaseState *db = shared_database_if_known();
	int64 match_id, seq;
	TimestampTz flushed_at;

	if (db == NULL || !replication_is_applying() ||
		!read_place(trigger, &match_id, &seq, &flushed_at))
		return PointerGetDatum(NULL);
	if (!IsLogicalWorker())
		pg_atomic_write_u32(&db->is_applied_by_others, 1);
	mark_note(match_id, seq, flushed_at);
	return PointerGetDatum(NULL);
}

/* By name, and without the map of the relation, which may be an ERROR. */
static bool
read_place(const TriggerData *trigger, int64 *match_id, int64 *seq, TimestampTz *flushed_at)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);

	*match_id = *seq = PG_INT64_MIN;
	*flushed_at = 0;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		bool isnull = true;
		Datum value = 0;

		if (!attribute->attisdropped &&
			(attribute->atttypid == INT8OID || attribute->atttypid == TIMESTAMPTZOID))
			value = heap_getattr(trigger->tg_trigtuple, i + 1, desc, &isnull);
		if (isnull)
			continue;
		if (namestrcmp(&attribute->attname, "match_id") == 0)
			*match_id = DatumGetInt64(value);
		else if (namestrcmp(&attribute->attname, "seq") == 0)
			*seq = DatumGetInt64(value);
		else if (namestrcmp(&attribute->attname, "flushed_at") == 0)
			*flushed_at = DatumGetTimestampTz(value);
	}
	return *match_id >= 0 && *seq > 0;
}
