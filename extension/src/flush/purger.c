/*
 * purger.c
 *		The flusher's part of a purge: removing the entries, in pieces.
 *
 * The flusher removes entries between two flushes.  So it needs no lock that keeps other
 * sessions out, or that they could keep it waiting for.  The newest entries of a match go
 * first, and the oldest of the lobby, so that what is left of a log never has a gap.  A
 * match stands in commentary.purging until all its entries are removed.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "pgstat.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/owner.h"
#include "flush/blame.h"
#include "flush/commit.h"
#include "flush/purger.h"
#include "shared/obstacle.h"
#include "shared/outcome.h"
#include "shared/wait.h"
#include "tables/column_map.h"
#include "tables/refuse.h"
#include "tables/relations.h"

/*
 * Entries in one transaction.  Commits wait meanwhile: when there are some, a piece is
 * to take no longer than a flush, and otherwise it is to be worth its fixed cost.
 */
#define LEAST_PIECE	  50
#define LARGEST_PIECE 2000
#define BUSY_US		  2000
#define QUIET_US	  40000
#define REST		  4 /* times what a piece took, when commits came meanwhile */

/* Rows that somebody has locked are tried again after this. */
#define RETRY_MS 1000

/* What is wrong with commentary.purging itself, and not with a match, is looked at again. */
#define MEND_MS 2000

static bool has_finished = false;	/* what an earlier flusher left */
static bool has_forgotten = false;	/* the errors that it noted */
static bool has_told = false;		/* of what is wrong with commentary.purging */
static bool is_some_locked = false; /* a row of commentary.purging */
static TimestampTz not_before = 0;	/* 0: whenever there is something to do */
static int piece = LEAST_PIECE;

/* A row of commentary.purging. */
typedef struct Purge
{
	int64 match_id;
	int64 below_seq; /* only older entries go; 0: all of them */
} Purge;

static const Purge no_purge = { .match_id = PG_INT64_MIN };
static Purge purging = { .match_id = PG_INT64_MIN }; /* of the piece under way */

static TimestampTz after(int ms);
static bool remove_piece(void);
static void fit_piece(DatabaseState *db, int64 took_us);
static bool is_under_way(void);
static Purge next_purge(void);
static bool remove_some(void);
static bool find_newest(int64 *from, int64 *to);
static bool find_oldest(int64 *from, int64 *to);
static bool find_entries(const char *statement, int64 *first, int64 *last);
static void forget_errors(void);
static void finish(void);
static void tell_of_failure(const ErrorData *error);
static void note_failure(DatabaseState *db, const ErrorData *error);
static uint64 execute(Oid relation_id, const char *statement, int num_values, Oid *types,
					  Datum *values);
static int64 number_at(int column);
static void report(void);

bool
purger_is_due(DatabaseState *db)
{
	bool is_wanted = !has_finished ||
					 pg_atomic_read_u64(&db->purges) != pg_atomic_read_u64(&db->purged);

	return is_wanted && (not_before == 0 || GetCurrentTimestamp() >= not_before);
}

bool
purger_is_waiting(DatabaseState *db)
{
	return not_before != 0;
}

void
purger_step(DatabaseState *db)
{
	uint64 wanted = pg_atomic_read_u64(&db->purges);
	TimestampTz began = GetCurrentTimestamp();
	volatile bool goes_on = true;

	purging = no_purge;
	not_before = 0;
	PG_TRY();
	{
		goes_on = remove_piece();
		fit_piece(db, GetCurrentTimestamp() - began);
	}
	PG_CATCH();
	{
		ErrorData *error = commit_fail();

		refuse_no_delete(false);
		if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
			not_before = after(RETRY_MS);
		else if (blame_for(error, true) == BLAME_SERVER)
			ReThrowError(error);
		else if (is_under_way())
			note_failure(db, error);
		else
			tell_of_failure(error);
		FreeErrorData(error);
	}
	PG_END_TRY();
	if (goes_on)
		return;
	has_finished = !is_some_locked;
	not_before = has_finished ? 0 : after(RETRY_MS); /* 0: nothing wakes the idle flusher */
	pg_atomic_write_u64(&db->purged, wanted);
	wait_wake(db, PG_UINT64_MAX);
}

static TimestampTz
after(int ms)
{
	return TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms);
}

/*
 * False: there is nothing left to remove.  If a crash loses the commit, the entries are
 * removed after it.
 */
static bool
remove_piece(void)
{
	StartTransactionCommand();
	(void) set_config_option("synchronous_commit", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	if (OidIsValid(relations_get()->purging))
	{
		if (!has_forgotten)
			forget_errors();
		purging = next_purge();
	}
	if (is_under_way() && !remove_some())
		finish();
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	has_forgotten = true;
	has_told = false;
	return is_under_way();
}

static bool
is_under_way(void)
{
	return purging.match_id != no_purge.match_id;
}

/*
 * Halved when clients that commit now had to wait too long, doubled when it took half
 * of that.  When such clients are there, the flusher works for them most of the time.
 */
static void
fit_piece(DatabaseState *db, int64 took_us)
{
	static uint64 ticket_before = 0;
	uint64 ticket = pg_atomic_read_u64(&db->tickets);
	bool is_busy = ticket != ticket_before;
	int64 aim_us = is_busy ? BUSY_US : QUIET_US;

	ticket_before = ticket;
	if (is_busy)
		not_before = GetCurrentTimestamp() + REST * took_us;
	if (took_us > aim_us)
		piece = Max(LEAST_PIECE, piece / 2);
	else if (took_us < aim_us / 2)
		piece = Min(LARGEST_PIECE, piece * 2);
}

/* What has failed before may be mended now. */
static void
forget_errors(void)
{
	(void) execute(relations_get()->purging,
				   "UPDATE commentary.purging SET error = NULL WHERE error IS NOT NULL", 0, NULL,
				   NULL);
}

/*
 * no_purge: there is none.  A row that somebody has locked, by calling purge() again, is
 * looked for later: that transaction may be rolled back.  Others do not wait for it.
 */
static Purge
next_purge(void)
{
	Oid purging_id = relations_get()->purging;

	if (execute(purging_id,
				"SELECT match_id::pg_catalog.int8, coalesce(below_seq, 0)::pg_catalog.int8 FROM commentary.purging WHERE error IS NULL"
				" ORDER BY match_id LIMIT 1 FOR UPDATE SKIP LOCKED",
				0, NULL, NULL) > 0)
		return (Purge){ .match_id = number_at(1), .below_seq = number_at(2) };
	is_some_locked = execute(purging_id,
							 "SELECT FROM commentary.purging WHERE error IS NULL LIMIT 1", 0, NULL,
							 NULL) > 0;
	return no_purge;
}

/* False: nothing is left. */
static bool
remove_some(void)
{
	Oid types[] = { INT8OID, INT8OID, INT8OID };
	Datum values[3];
	int64 first, last;

	report();
	if (!(purging.below_seq > 0 ? find_oldest(&first, &last) : find_newest(&first, &last)))
		return false;
	values[0] = Int64GetDatum(purging.match_id);
	values[1] = Int64GetDatum(first);
	values[2] = Int64GetDatum(last);
	refuse_no_delete(true);
	(void) execute(relations_get()->entry,
				   "DELETE FROM commentary.entry WHERE match_id = $1 AND seq BETWEEN $2 AND $3", 3,
				   types, values);
	refuse_no_delete(false);
	return true;
}

static bool
find_newest(int64 *first, int64 *last)
{
	return find_entries("SELECT min(seq), max(seq) FROM (SELECT seq FROM commentary.entry"
						" WHERE match_id = $1"
						" ORDER BY seq DESC LIMIT $2 FOR UPDATE NOWAIT) AS newest",
						first, last);
}

static bool
find_oldest(int64 *first, int64 *last)
{
	return find_entries("SELECT min(seq), max(seq) FROM (SELECT seq FROM commentary.entry"
						" WHERE match_id = $1 AND seq < $3"
						" ORDER BY seq LIMIT $2 FOR UPDATE NOWAIT) AS oldest",
						first, last);
}

/*
 * A piece of them.  False: there are none.  Rows that somebody has locked, as a foreign
 * key does, are not waited for.
 */
static bool
find_entries(const char *statement, int64 *first, int64 *last)
{
	Oid types[] = { INT8OID, INT8OID, INT8OID };
	Datum values[] = { Int64GetDatum(purging.match_id), Int64GetDatum(piece),
					   Int64GetDatum(purging.below_seq) };

	(void) execute(relations_get()->entry, statement, 3, types, values);
	*first = number_at(1);
	*last = number_at(2);
	return *first > 0;
}

static void
finish(void)
{
	Oid types[] = { INT8OID };
	Datum values[] = { Int64GetDatum(purging.match_id) };

	(void) execute(relations_get()->purging, "DELETE FROM commentary.purging WHERE match_id = $1",
				   1, types, values);
	if (purging.below_seq > 0)
		ereport(LOG, (errmsg("commentary has purged the entries of the lobby below " INT64_FORMAT,
							 purging.below_seq)));
	else
		ereport(LOG, (errmsg("commentary has purged match " INT64_FORMAT, purging.match_id)));
}

/* What is to be purged cannot be read: the flusher goes on with all else. */
static void
tell_of_failure(const ErrorData *error)
{
	not_before = after(MEND_MS);
	if (has_told)
		return;
	has_told = true;
	ereport(WARNING,
			(errmsg("commentary cannot purge anything: %s", error->message),
			 error->detail == NULL ? 0 : errdetail("%s", error->detail),
			 errhint("%s", error->hint != NULL ? error->hint
											   : "Correct commentary.purging; it is tried again every 2 s.")));
}

/* Until purge() is called again for it, or another flusher starts. */
static void
note_failure(DatabaseState *db, const ErrorData *error)
{
	Oid types[] = { INT8OID, TEXTOID };
	Datum values[2];

	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	values[0] = Int64GetDatum(purging.match_id);
	values[1] = CStringGetTextDatum(error->message);
	(void) execute(relations_get()->purging,
				   "UPDATE commentary.purging SET error = $2 WHERE match_id = $1", 2, types, values);
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	outcome_note_failed_purge(db, purging.match_id, error);
	ereport(WARNING,
			(errmsg("commentary cannot purge match " INT64_FORMAT ": %s", purging.match_id,
					error->message),
			 purging.below_seq > 0
				 ? errhint("Correct the cause of the error, then call commentary.purge_lobby() again.")
				 : errhint("Correct the cause of the error, then SELECT commentary.purge(" INT64_FORMAT ") again.",
						   purging.match_id)));
}

/* Triggers and foreign keys of others run with the rights of the table's owner. */
static uint64
execute(Oid relation_id, const char *statement, int num_values, Oid *types, Datum *values)
{
	Relation relation;

	if (!ConditionalLockRelationOid(relation_id, RowExclusiveLock))
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("could not lock a table to purge a match")));
	relation = relations_open(relation_id, NoLock);
	if (relation_id == relations_get()->purging)
		(void) column_map(MAP_PURGING, relation); /* says what is wrong with it */
	owner_execute(relation, statement, num_values, types, values, NULL);
	table_close(relation, NoLock);
	return SPI_processed;
}

/* Of the first row of the last statement; 0: null. */
static int64
number_at(int column)
{
	bool isnull;
	Datum value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

static void
report(void)
{
	char activity[64];

	snprintf(activity, sizeof(activity), "purging match " INT64_FORMAT, purging.match_id);
	pgstat_report_activity(STATE_RUNNING, activity);
}
