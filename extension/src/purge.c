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
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "match.h"
#include "replication.h"
#include "shared.h"
#include "trigger.h"

PG_FUNCTION_INFO_V1(commentary_purge);
PG_FUNCTION_INFO_V1(commentary_refuse_change);

/* Lets purge() pass the triggers that refuse everybody else. */
static bool is_purging = false;

static void refuse_staging(const char *relation);
static void check_is_over(int64 match_id);
static uint64 remove_match(int64 match_id);
static uint64 remove_from(const char *statement, int64 match_id);

/* purge(match_id bigint) RETURNS bigint */
Datum
commentary_purge(PG_FUNCTION_ARGS)
{
	int64 match_id = PG_GETARG_INT64(0);
	uint64 entries = 0;

	shared_require();
	check_is_over(match_id);
	is_purging = true;
	PG_TRY();
	{
		entries = remove_match(match_id);
	}
	PG_FINALLY();
	{
		is_purging = false;
	}
	PG_END_TRY();
	ereport(LOG,
			(errmsg("commentary purges match " INT64_FORMAT ": " UINT64_FORMAT " entries",
					match_id, entries)));
	PG_RETURN_INT64((int64) entries);
}

/* BEFORE UPDATE, DELETE, TRUNCATE of the log; DELETE, TRUNCATE of matches. */
Datum
commentary_refuse_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo);
	const char *relation = RelationGetRelationName(trigger->tg_relation);
	bool is_entry = strcmp(relation, "entry") == 0;

	if (strncmp(relation, "staging_", strlen("staging_")) == 0)
		refuse_staging(relation);

	if (replication_is_applying())
		return PointerGetDatum(NULL);
	if (is_purging && TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		return PointerGetDatum(NULL);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot change or remove rows of commentary.%s", relation),
			 is_entry
				 ? errdetail("The log is append-only: viewers already have its entries, and resume by their numbers.")
				 : errdetail("The log of a match outlives it, and viewers resume by its numbers."),
			 is_entry
				 ? errhint("Correct an entry with commentary.amend() or commentary.retract().")
				 : errhint("Set status to 'abandoned' instead, or remove the match and its log with commentary.purge().")));
	return PointerGetDatum(NULL); /* not reached */
}

/* A commit may be waiting for what is in there. */
static void
refuse_staging(const char *relation)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot change rows of commentary.%s", relation),
			 errdetail("They are committed, and wait to be flushed; only the flusher takes them out."),
			 errhint("Run SELECT commentary.flush(), or see commentary.check() for what holds the flusher up.")));
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
