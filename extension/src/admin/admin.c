/*
 * admin.c
 *		Functions for DBAs: flush(), status(), statistics; and those that CREATE EXTENSION
 *		calls.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "admin/ddl.h"
#include "shared/health.h"
#include "shared/shared.h"
#include "shared/wait.h"
#include "staging/room.h"
#include "staging/staging.h"
#include "tables/relations.h"

PG_FUNCTION_INFO_V1(commentary_flush);
PG_FUNCTION_INFO_V1(commentary_status);
PG_FUNCTION_INFO_V1(commentary_flush_counters);
PG_FUNCTION_INFO_V1(commentary_reset_stats);
PG_FUNCTION_INFO_V1(commentary_is_loaded);
PG_FUNCTION_INFO_V1(commentary_start_flusher);
PG_FUNCTION_INFO_V1(commentary_newer);

#define NUM_STATUS_COLUMNS	13
#define NUM_COUNTER_COLUMNS 13

static bool is_flusher_requested = false;

static void request_flusher_at_commit(XactEvent event, void *arg);
static void put_health(Datum *values, bool *isnull);
static FlushStats read_stats(DatabaseState *db);
static const char *state_name(FlusherState state);

/*
 * flush() RETURNS void, when all committed rows are flushed.  Rows of this transaction are not
 * committed yet, so they are not flushed.
 */
Datum
commentary_flush(PG_FUNCTION_ARGS)
{
	DatabaseState *db;

	PreventCommandDuringRecovery("commentary.flush()");
	db = shared_database();
	wait_in_statement(db);
	PG_RETURN_VOID();
}

/* status(OUT ...): nine columns before version 1.2, thirteen since then */
Datum
commentary_status(PG_FUNCTION_ARGS)
{
	DatabaseState *db = shared_database();
	Datum values[NUM_STATUS_COLUMNS];
	bool isnull[NUM_STATUS_COLUMNS] = { false };
	TupleDesc desc;
	FlushStats stats = read_stats(db);
	int64 bytes;
	int i = 0;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (desc->natts > NUM_STATUS_COLUMNS)
		elog(ERROR, "status() returns too many columns");

	isnull[i] = (db->flusher_pid == 0);
	values[i++] = Int32GetDatum(db->flusher_pid);
	values[i++] = CStringGetTextDatum(state_name(pg_atomic_read_u32(&db->flusher_state)));
	values[i++] = Int64GetDatum(pg_atomic_read_u64(&db->tickets) -
								pg_atomic_read_u64(&db->flushed));
	bytes = staging_size_bytes();
	isnull[i] = bytes < 0;
	values[i++] = Int64GetDatum(bytes);
	values[i++] = Int64GetDatum(stats.flushes);
	values[i++] = Int64GetDatum(stats.entries);
	values[i++] = Int64GetDatum(stats.notifications);
	isnull[i] = isnull[i + 1] = (stats.flushes == 0);
	values[i++] = TimestampTzGetDatum(stats.last_at);
	values[i++] = Int64GetDatum(stats.last_rows);
	put_health(&values[i], &isnull[i]);

	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, isnull));
}

/* oldest_ms, waits_for, waits_since, blocked_by */
static void
put_health(Datum *values, bool *isnull)
{
	Datum blockers[MAX_BLOCKERS];
	Health health = { 0 };

	if (!RecoveryInProgress())
		health_look(&health);
	for (int i = 0; i < health.num_blockers; i++)
		blockers[i] = Int32GetDatum(health.blockers[i]);
	values[0] = Int64GetDatum(health_oldest_ms(&health));
	values[1] = CStringGetTextDatum(health.waits_for);
	values[2] = TimestampTzGetDatum(health.since);
	values[3] = PointerGetDatum(construct_array(blockers, health.num_blockers, INT4OID,
												sizeof(int32), true, TYPALIGN_INT));
	isnull[0] = RecoveryInProgress();
	isnull[1] = isnull[2] = health.waits_for[0] == '\0';
	isnull[3] = health.num_blockers == 0;
}

/* flush_counters(OUT ...) */
Datum
commentary_flush_counters(PG_FUNCTION_ARGS)
{
	DatabaseState *db = shared_database();
	Datum values[NUM_COUNTER_COLUMNS];
	bool isnull[NUM_COUNTER_COLUMNS] = { false };
	FlushStats stats = read_stats(db);
	TupleDesc desc;
	int i = 0;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	values[i++] = Int64GetDatum(stats.flushes);
	values[i++] = Int64GetDatum(stats.entries);
	values[i++] = Int64GetDatum(stats.notifications);
	values[i++] = Int64GetDatum(stats.unannounced);
	values[i++] = Int64GetDatum(stats.duplicates);
	values[i++] = Int64GetDatum(stats.rejected);
	values[i++] = Int64GetDatum(stats.waits);
	values[i++] = Int64GetDatum(room_staged_rows(db));
	isnull[i] = isnull[i + 1] = isnull[i + 2] = isnull[i + 3] = (stats.flushes == 0);
	values[i++] = TimestampTzGetDatum(stats.last_at);
	values[i++] = Int64GetDatum(stats.last_rows);
	values[i++] = Float8GetDatum(stats.total_us / 1000.0 / Max(stats.flushes, 1));
	values[i++] = Float8GetDatum(stats.max_us / 1000.0);
	values[i++] = TimestampTzGetDatum(stats.since);

	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, isnull));
}

/* reset_stats() RETURNS void */
Datum
commentary_reset_stats(PG_FUNCTION_ARGS)
{
	DatabaseState *db = shared_database();
	TimestampTz now = GetCurrentTimestamp();

	SpinLockAcquire(&db->lock);
	memset(&db->stats, 0, sizeof(db->stats));
	db->stats.since = now;
	SpinLockRelease(&db->lock);
	PG_RETURN_VOID();
}

static FlushStats
read_stats(DatabaseState *db)
{
	FlushStats stats;

	SpinLockAcquire(&db->lock);
	stats = db->stats;
	SpinLockRelease(&db->lock);
	return stats;
}

/* is_loaded() RETURNS boolean */
Datum
commentary_is_loaded(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(CommentaryShared != NULL);
}

/* start_flusher() RETURNS void: asks for a flusher when CREATE EXTENSION commits */
Datum
commentary_start_flusher(PG_FUNCTION_ARGS)
{
	static bool is_registered = false;

	if (CommentaryShared == NULL)
	{
		ereport(WARNING,
				(errmsg("commentary is not loaded: inserts will fail until it is"),
				 errhint("Add commentary to shared_preload_libraries in postgresql.conf and restart the server.")));
		PG_RETURN_VOID();
	}
	if (!is_registered)
	{
		RegisterXactCallback(request_flusher_at_commit, NULL);
		is_registered = true;
	}
	(void) shared_claim_database(); /* if it fails, then here and not at the commit */
	is_flusher_requested = true;
	ddl_note_extension(); /* a flusher of an extension that was dropped before may still run */
	PG_RETURN_VOID();
}

static void
request_flusher_at_commit(XactEvent event, void *arg)
{
	if (!is_flusher_requested)
		return;
	if (event == XACT_EVENT_COMMIT)
		shared_request_flusher(shared_database());
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT)
		is_flusher_requested = false;
}

static const char *
state_name(FlusherState state)
{
	switch (state)
	{
		case FLUSHER_STOPPED:
			return "stopped";
		case FLUSHER_STARTING:
			return "starting";
		case FLUSHER_IDLE:
			return "idle";
		case FLUSHER_FLUSHING:
			return "flushing";
		case FLUSHER_BLOCKED:
			return "waiting";
		case FLUSHER_PAUSED:
			return "paused";
	}
	return "unknown";
}

/* newer(known anyelement, next anyelement): for the aggregate newest(). */
Datum
commentary_newer(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PG_GETARG_DATUM(1));
}
