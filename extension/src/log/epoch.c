/*
 * epoch.c
 *		The epoch: the name of this history of the log.
 *
 * After a failover or a point-in-time recovery the same seq may mean another
 * entry.  The server is then on a timeline of its own, and that is how we tell.  A
 * copy that was made in another way is told by its place (place.c), or by a DBA
 * with begin_epoch().  The name is random, and not a count: of two servers
 * that were promoted from one primary each would count to the same number.
 *
 * The number is for the lineage: each entry has that of its epoch, so that the log
 * itself tells how far the history of an earlier epoch goes (branches() in SQL).  It
 * is above all numbers before it in the same table, whose rows come with the log:
 * by replication, a backup or a dump.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "base/owner.h"
#include "base/place.h"
#include "base/replication.h"
#include "base/trigger.h"
#include "log/epoch.h"
#include "log/epoch_name.h"
#include "log/epoch_origin.h"
#include "log/epoch_others.h"
#include "shared/mark.h"
#include "shared/obstacle.h"
#include "tables/following.h"
#include "tables/relations.h"

PG_FUNCTION_INFO_V1(commentary_begin_epoch);
PG_FUNCTION_INFO_V1(commentary_note_epoch);

static char current[EPOCH_BYTES] = "";
static int64 current_no = 0;
static bool is_used = false;   /* an entry may have its number */
static bool has_begun = false; /* in this transaction, by begin_epoch() or somebody else */
static bool is_untold = false; /* one was added in this transaction */
static void (*tell)(const char *epoch) = NULL;

static void on_xact_event(XactEvent event, void *arg);
static bool find_epoch(Relation epoch, const EpochOrigin *here, const char **reason);
static const char *difference(const EpochOrigin *here);
static void note_place(Relation epoch, const EpochOrigin *here);
static void find_or_add(Relation epoch, bool *has_past);
static void disown(Relation epoch);
static void read_newest(Relation epoch);
static void add_epoch(Relation epoch, const EpochOrigin *here, int64 above);
static void end_lineage(Relation epoch);
static char *column(int number);

void
epoch_install_callbacks(void (*on_begun)(const char *epoch))
{
	tell = on_begun;
	RegisterXactCallback(on_xact_event, NULL);
}

/* Locked against others who add one: two must not get the same number. */
bool
epoch_ensure(void)
{
	bool has_past;
	Relation epoch;

	obstacle_lock_relation(shared_database(), relations_get()->epoch, ShareRowExclusiveLock);
	epoch = epoch_open(NoLock);
	SPI_connect();
	find_or_add(epoch, &has_past);
	SPI_finish();
	table_close(epoch, NoLock);
	return has_past;
}

/* The counter before the snapshot: it rises when the new row can be seen. */
void
epoch_keep_up(DatabaseState *db)
{
	static uint64 known = 0;
	uint64 epochs = pg_atomic_read_u64(&db->epochs);
	char before[EPOCH_BYTES];
	bool has_past;
	Relation epoch;

	if (likely(epochs == known) || following_is_on(db))
		return;
	strlcpy(before, current, sizeof(before));
	obstacle_lock_relation(db, relations_get()->epoch, ShareRowExclusiveLock);
	epoch = epoch_open(NoLock);
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	find_or_add(epoch, &has_past);
	SPI_finish();
	PopActiveSnapshot();
	table_close(epoch, NoLock);
	if (strcmp(before, current) != 0)
		ereport(LOG, (errmsg("commentary goes on in epoch %s", current)));
	known = epochs;
}

/*
 * An epoch of this database from before it followed must not stand beside or above those of
 * the primary.
 */
void
epoch_follow(DatabaseState *db)
{
	static uint64 known = PG_UINT64_MAX;
	uint64 epochs = pg_atomic_read_u64(&db->epochs);
	Relation epoch;

	if (likely(epochs == known))
		return;
	obstacle_lock_relation(db, relations_get()->epoch, RowExclusiveLock);
	epoch = epoch_open(NoLock);
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	epoch_disown_unused(epoch);
	read_newest(epoch);
	SPI_finish();
	PopActiveSnapshot();
	table_close(epoch, NoLock);
	known = epochs;
}

void
epoch_begin_after_following(void)
{
	Relation epoch;
	EpochOrigin here = epoch_origin_here();
	int64 above;

	obstacle_lock_relation(shared_database(), relations_get()->epoch, ShareRowExclusiveLock);
	epoch = epoch_open(NoLock);
	SPI_connect();
	above = epoch_newest_in_log();
	add_epoch(epoch, &here, above);
	SPI_finish();
	table_close(epoch, NoLock);
	ereport(LOG,
			(errmsg("commentary begins epoch %s", current),
			 errdetail("This database was a follower, and is a primary from now on.")));
}

const char *
epoch_current(void)
{
	return current;
}

int64
epoch_use_number(void)
{
	is_used = true;
	return current_no;
}

/* begin_epoch(afresh boolean) RETURNS text: what is flushed after the COMMIT is in the new epoch */
Datum
commentary_begin_epoch(PG_FUNCTION_ARGS)
{
	Relation epoch;
	EpochOrigin here;

	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("cannot begin an epoch during recovery"),
				 errdetail("A standby has the epoch of its primary, and gets one of its own when it is promoted."),
				 errhint("Call it on the primary.")));
	following_refuse(shared_database());
	here = epoch_origin_here();
	epoch = epoch_open(ShareRowExclusiveLock);
	SPI_connect();
	add_epoch(epoch, &here, 0);
	if (PG_GETARG_BOOL(0))
		end_lineage(epoch);
	SPI_finish();
	table_close(epoch, NoLock);
	has_begun = true;
	PG_RETURN_TEXT_P(cstring_to_text(current));
}

/*
 * AFTER, for each row of commentary.epoch: a restore and a subscription add rows as well.
 * The flusher looks at the table again when they are committed.
 */
Datum
commentary_note_epoch(PG_FUNCTION_ARGS)
{
	const TriggerData *trigger = trigger_data(fcinfo, TRIGGER_EVENT_ROW | TRIGGER_EVENT_AFTER,
											  TRIGGER_ON(INSERT) | TRIGGER_ON(UPDATE) |
												  TRIGGER_ON(DELETE));

	has_begun = true;
	if (replication_is_applying())
		mark_note_epoch();
	else
		epoch_name_check(trigger);
	return PointerGetDatum(NULL);
}

/*
 * Told only where it is sure to begin: a NOTIFY at once would forbid PREPARE TRANSACTION.
 */
static void
on_xact_event(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_PRE_COMMIT && is_untold)
		tell(current);
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	if (has_begun && event != XACT_EVENT_ABORT && shared_database_if_known() != NULL)
		pg_atomic_fetch_add_u64(&shared_database_if_known()->epochs, 1);
	has_begun = is_untold = false;
}

/* *has_past: this system has written the log before, and may have lost states. */
static void
find_or_add(Relation epoch, bool *has_past)
{
	EpochOrigin here = epoch_origin_here();
	const char *reason = NULL;

	if (find_epoch(epoch, &here, &reason))
	{
		*has_past = true;
		return;
	}
	*has_past = SPI_processed > 0 && strcmp(column(2), here.system) == 0;
	disown(epoch);
	add_epoch(epoch, &here, 0);
	ereport(LOG,
			(errmsg("commentary begins epoch %s", current),
			 errdetail("System and database %s, timeline " INT64_FORMAT ".%s%s", here.system,
					   here.timeline, reason == NULL ? "" : " ", reason == NULL ? "" : reason)));
}

/*
 * False: the newest is not ours, for a reason, or there is none.  SPI has its row then.
 * One that was restored beside ours, and has the same number, counts as newer.
 */
static bool
find_epoch(Relation epoch, const EpochOrigin *here, const char **reason)
{
	Oid types[] = { TEXTOID };
	Datum values[] = { CStringGetTextDatum(here->system) };
	bool has_number = epoch_has_column("epoch_no");
	bool has_place = epoch_has_column("place");

	owner_execute(epoch,
				  psprintf("SELECT epoch, system_identifier, timeline, %s, %s FROM commentary.epoch"
						   " ORDER BY %s DESC NULLS LAST, system_identifier OPERATOR(pg_catalog.=) $1 LIMIT 1",
						   has_place ? "place" : "NULL::pg_catalog.text",
						   has_number ? "epoch_no" : "NULL::pg_catalog.int8",
						   has_number ? "epoch_no" : "epoch_id"),
				  1, types, values, NULL);
	if (SPI_processed == 0)
		return false;
	*reason = difference(here);
	if (*reason != NULL)
		return false;
	is_used = is_used && strcmp(current, column(1)) == 0;
	strlcpy(current, column(1), sizeof(current));
	current_no = column(5) == NULL ? 0 : strtoll(column(5), NULL, 10);
	if (has_place && (column(4) == NULL || strcmp(column(4), here->place) != 0))
		note_place(epoch, here);
	return true;
}

/* Of the row that SPI has found; NULL: none. */
static const char *
difference(const EpochOrigin *here)
{
	char *timeline = psprintf(INT64_FORMAT, here->timeline);

	if (!epoch_name_is_right(column(1)))
		return "The name of the epoch before is none.";
	if (strcmp(column(2), here->system) != 0)
		return "The epoch before belongs to another system or database.";
	if (strcmp(column(3), timeline) != 0)
		return "The epoch before belongs to another timeline.";
	return column(4) == NULL ? NULL : place_difference(column(4), here->place);
}

/* The place may change, one part of it at a time; an epoch of before 1.2 has no place yet. */
static void
note_place(Relation epoch, const EpochOrigin *here)
{
	Oid types[] = { TEXTOID, TEXTOID };
	Datum values[] = { CStringGetTextDatum(current), CStringGetTextDatum(here->place) };

	owner_execute(epoch, "UPDATE commentary.epoch SET place = $2 WHERE epoch OPERATOR(pg_catalog.=) $1", 2, types,
				  values, NULL);
}

/*
 * A restore begins with the extension, and its flusher with an epoch; then come the epochs
 * of the original, which may have the same number.  As long as no entry has it from ours, it
 * is theirs.
 */
static void
disown(Relation epoch)
{
	Oid types[] = { TEXTOID };
	Datum values[] = { CStringGetTextDatum(current) };

	if (current_no > 0 && !is_used)
		owner_execute(epoch, "UPDATE commentary.epoch SET epoch_no = NULL WHERE epoch OPERATOR(pg_catalog.=) $1", 1,
					  types, values, NULL);
}

/* The epoch that commentary.epoch() tells relays; empty when there is none. */
static void
read_newest(Relation epoch)
{
	owner_execute(epoch,
				  psprintf("SELECT epoch FROM commentary.epoch ORDER BY %s DESC NULLS LAST, started_at DESC LIMIT 1",
						   epoch_has_column("epoch_no") ? "epoch_no" : "epoch_id"),
				  0, NULL, NULL, NULL);
	current[0] = '\0';
	current_no = 0;
	is_used = false;
	if (SPI_processed > 0 && column(1) != NULL)
		strlcpy(current, column(1), sizeof(current));
}

/* Its number is above that one, and above those of the epochs before. */
static void
add_epoch(Relation epoch, const EpochOrigin *here, int64 above)
{
	Oid types[] = { TEXTOID, TEXTOID, INT8OID, TEXTOID };
	Datum values[4];
	char name[EPOCH_BYTES];
	bool has_number = epoch_has_column("epoch_no");
	bool has_place = epoch_has_column("place");

	epoch_name_make(name);
	values[0] = CStringGetTextDatum(name);
	values[1] = CStringGetTextDatum(here->system);
	values[2] = Int64GetDatum(here->timeline);
	values[3] = CStringGetTextDatum(here->place);
	owner_execute(epoch,
				  psprintf("INSERT INTO commentary.epoch (epoch, system_identifier, timeline%s%s)"
						   " SELECT $1, $2, $3%s%s"
						   " RETURNING epoch, %s",
						   has_place ? ", place" : "", has_number ? ", epoch_no" : "",
						   has_place ? ", $4" : "",
						   has_number ? psprintf(", greatest(pg_catalog.max(epoch_no), " INT64_FORMAT ") OPERATOR(pg_catalog.+) 1 FROM commentary.epoch", above) : "",
						   has_number ? "epoch_no" : "NULL"),
				  has_place ? 4 : 3, types, values, NULL);
	if (SPI_processed != 1 || column(1) == NULL || strcmp(column(1), name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
				 errmsg("a trigger on commentary.epoch suppressed or changed the new epoch"),
				 errdetail("Without an epoch of its own, one number could stand for two entries."),
				 errhint("Drop the trigger.")));
	strlcpy(current, name, sizeof(current));
	current_no = column(2) == NULL ? 0 : strtoll(column(2), NULL, 10);
	is_used = false;
	is_untold = true;
}

/* Nobody knows where an epoch without a number ends: its viewers begin afresh. */
static void
end_lineage(Relation epoch)
{
	Oid types[] = { TEXTOID };
	Datum values[] = { CStringGetTextDatum(current) };

	owner_execute(epoch,
				  "UPDATE commentary.epoch SET epoch_no = NULL"
				  " WHERE epoch OPERATOR(pg_catalog.<>) $1 AND epoch_no IS NOT NULL",
				  1, types, values, NULL);
}

/* Of the first row of SPI's result, as text; NULL when it is null. */
static char *
column(int number)
{
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, number);
}
