/*
 * region.c
 *		How late a follower is.
 *
 * A follower cannot ask its primary.  It knows when it last heard from the primary, which
 * also tells that there is nothing new, and how old the entries are that it applies.
 * PostgreSQL forgets the first as soon as its worker is gone; so it is noted here whenever
 * somebody asks, as relays do with each heartbeat.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/timestamp.h"

#include "shared/shared.h"

PG_FUNCTION_INFO_V1(commentary_region_clock);

static void put_time(Datum *value, bool *isnull, pg_atomic_uint64 *time);

/*
 * region_clock(received_at timestamptz, OUT heard_at timestamptz, OUT applied_at timestamptz,
 * OUT flushed_at timestamptz): notes the first, which may be null
 */
Datum
commentary_region_clock(PG_FUNCTION_ARGS)
{
	DatabaseState *db = shared_database();
	TimestampTz received_at = PG_ARGISNULL(0) ? 0 : PG_GETARG_TIMESTAMPTZ(0);
	Datum values[3];
	bool isnull[3];
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (received_at > (TimestampTz) pg_atomic_read_u64(&db->heard_at))
		pg_atomic_write_u64(&db->heard_at, (uint64) received_at);
	put_time(&values[0], &isnull[0], &db->heard_at);
	put_time(&values[1], &isnull[1], &db->applied_at);
	put_time(&values[2], &isnull[2], &db->applied_flushed_at);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, isnull));
}

static void
put_time(Datum *value, bool *isnull, pg_atomic_uint64 *time)
{
	TimestampTz known = (TimestampTz) pg_atomic_read_u64(time);

	*value = TimestampTzGetDatum(known);
	*isnull = known == 0;
}
