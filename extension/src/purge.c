/*
 * purge.c
 *		Removing a match that is over, with its log.
 *
 * The only way in which entries leave the log.  The flusher is kept out while
 * they do, and forgets the numbers that it had in mind; the match goes as well,
 * so that its numbers cannot begin again under the same name.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "match.h"
#include "refuse.h"
#include "shared.h"

PG_FUNCTION_INFO_V1(commentary_purge);

static void check_is_over(int64 match_id);
static uint64 remove_match(int64 match_id);
static uint64 remove_from(const char *statement, int64 match_id);

/* purge(match_id bigint) RETURNS bigint */
Datum
commentary_purge(PG_FUNCTION_ARGS)
{
	int64 match_id = PG_GETARG_INT64(0);
	volatile uint64 entries = 0;

	shared_require();
	check_is_over(match_id);
	refuse_no_delete(true);
	PG_TRY();
	{
		entries = remove_match(match_id);
	}
	PG_FINALLY();
	{
		refuse_no_delete(false);
	}
	PG_END_TRY();
	ereport(LOG,
			(errmsg("commentary purges match " INT64_FORMAT ": " UINT64_FORMAT " entries",
					match_id, entries)));
	PG_RETURN_INT64((int64) entries);
}

static void
check_is_over(int64 match_id)
{
	switch (match_status(match_id))
	{
		case MATCH_UNKNOWN:
			ereport(ERROR,
					(errcode(ERRCODE_NO_DATA_FOUND),
					 errmsg("there is no match " INT64_FORMAT, match_id),
					 errhint("Look for its number in commentary.match.")));
			break;
		case MATCH_OPEN:
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("match " INT64_FORMAT " is not over", match_id),
					 errdetail("Only a match that is finished or abandoned can be purged."),
					 errhint("First UPDATE commentary.match SET status = 'abandoned' WHERE match_id = " INT64_FORMAT ".", match_id)));
			break;
		case MATCH_CLOSED:
			break;
	}
}

static uint64
remove_match(int64 match_id)
{
	uint64 entries;

	SPI_connect();
	SPI_execute("LOCK TABLE commentary.entry IN SHARE ROW EXCLUSIVE MODE", false, 0);
	entries = remove_from("DELETE FROM commentary.entry WHERE match_id = $1", match_id);
	(void) remove_from("DELETE FROM commentary.rejected WHERE match_id = $1", match_id);
	(void) remove_from("DELETE FROM commentary.match WHERE match_id = $1", match_id);
	SPI_finish();
	match_note_purged();
	return entries;
}

static uint64
remove_from(const char *statement, int64 match_id)
{
	Oid types[] = { INT8OID };
	Datum values[] = { Int64GetDatum(match_id) };

	SPI_execute_with_args(statement, 1, types, values, NULL, false, 0);
	return SPI_processed;
}
