/*
 * purge.c
 *		Removes a match that is over, with its log, and old entries of the lobby.
 *
 * Entries leave the log in no other way.  The transaction that calls purge() removes the
 * match; afterwards the flusher removes its entries (purger.c).  Removing them here would need
 * a lock that keeps the flusher out, and the flusher would also wait for everything that this
 * lock waits for.  The number of the match must not be used again until its entries are gone.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "base/owner.h"
#include "match/match.h"
#include "match/purge.h"
#include "match/translation.h"
#include "shared/ack.h"
#include "shared/change.h"
#include "shared/shared.h"
#include "tables/column_map.h"
#include "tables/following.h"
#include "tables/refuse.h"
#include "tables/relations.h"

PG_FUNCTION_INFO_V1(commentary_purge);
PG_FUNCTION_INFO_V1(commentary_purge_match);
PG_FUNCTION_INFO_V1(commentary_purge_lobby);

static void require_purging(void);
static bool remove_match(int64 match_id);
static bool resume_purge(int64 match_id);
static int64 count_entries(int64 match_id);
static int64 first_to_keep(TimestampTz before);
static int64 count_below(int64 seq);
static bool has_translations(int64 match_id);
static void list_others(int64 original);
static void fail_not_over(int64 match_id);
static void fail_translated(int64 match_id);
static uint64 execute(Oid relation_id, const char *statement, int64 match_id);
static uint64 execute_with(Oid relation_id, const char *statement, Oid type, Datum value);
static Datum only_value(void);

/*
 * purge(match_id bigint) RETURNS bigint: how many entries the match has now.  This transaction
 * removes the match; its COMMIT waits until the flusher has removed the entries.
 */
Datum
commentary_purge(PG_FUNCTION_ARGS)
{
	int64 match_id = PG_GETARG_INT64(0);
	int64 entries;

	require_purging();
	SPI_connect();
	if (!resume_purge(match_id))
	{
		if (has_translations(match_id))
			fail_translated(match_id);
		if (!remove_match(match_id))
			fail_not_over(match_id);
	}
	entries = count_entries(match_id);
	SPI_finish();
	ack_note_purge(shared_database(), true);
	ereport(LOG,
			(errmsg("commentary is to purge match " INT64_FORMAT ": " INT64_FORMAT " entries",
					match_id, entries)));
	PG_RETURN_INT64(entries);
}

/*
 * purge_match(match_id bigint) RETURNS boolean: for purge_before(), which may purge so many
 * matches that the COMMIT does not wait.  False: the match is not over, has translations, or
 * does not exist.
 */
Datum
commentary_purge_match(PG_FUNCTION_ARGS)
{
	bool is_removed;

	require_purging();
	SPI_connect();
	is_removed = !has_translations(PG_GETARG_INT64(0)) && remove_match(PG_GETARG_INT64(0));
	SPI_finish();
	if (is_removed)
		ack_note_purge(shared_database(), false);
	PG_RETURN_BOOL(is_removed);
}

/*
 * purge_lobby(before timestamptz) RETURNS bigint: how many entries of the lobby are to be
 * removed.  All of them were flushed earlier.  The newest entry always stays, because the
 * flusher goes on numbering from it.
 */
Datum
commentary_purge_lobby(PG_FUNCTION_ARGS)
{
	int64 below_seq;
	int64 entries = 0;

	require_purging();
	SPI_connect();
	below_seq = first_to_keep(PG_GETARG_TIMESTAMPTZ(0));
	if (below_seq > 0)
		entries = count_below(below_seq);
	if (entries > 0)
		(void) execute(relations_get()->purging,
					   "INSERT INTO commentary.purging (match_id, below_seq) VALUES (0, $1)"
					   " ON CONFLICT (match_id) DO UPDATE SET error = NULL,"
					   " below_seq = greatest(purging.below_seq, excluded.below_seq)",
					   below_seq);
	SPI_finish();
	if (entries > 0)
		ack_note_purge(shared_database(), false);
	PG_RETURN_INT64(entries);
}

static void
require_purging(void)
{
	shared_require();
	if (!OidIsValid(relations_get()->purging) && relations_num_segments() > RING_SEGMENTS)
		(void) relations_find("purging"); /* ERROR: somebody has dropped it from version 1.2 */
	if (!OidIsValid(relations_get()->purging))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot purge a match before the extension is updated"),
				 errdetail("The library is newer than the extension in this database."),
				 errhint("Run ALTER EXTENSION commentary UPDATE.")));
	following_refuse(shared_database());
}

/*
 * Removes the match and its rejected rows, and notes in commentary.purging that its entries are
 * to be removed.  False: the match is not over.
 */
static bool
remove_match(int64 match_id)
{
	volatile bool is_over = false;
	int64 original = match_read(match_id).translation_of;

	refuse_no_delete(true);
	PG_TRY();
	{
		is_over = execute(relations_get()->match,
						  "DELETE FROM commentary.match WHERE match_id OPERATOR(pg_catalog.=) $1"
						  " AND status OPERATOR(pg_catalog.=) ANY ('{finished,abandoned,cancelled}')",
						  match_id) > 0;
	}
	PG_FINALLY();
	{
		refuse_no_delete(false);
	}
	PG_END_TRY();
	if (!is_over)
		return false;
	(void) execute(relations_get()->rejected,
				   "DELETE FROM commentary.rejected WHERE match_id OPERATOR(pg_catalog.=) $1",
				   match_id);
	(void) execute(relations_get()->purging,
				   "INSERT INTO commentary.purging (match_id) VALUES ($1)"
				   " ON CONFLICT (match_id) DO UPDATE SET error = NULL",
				   match_id);
	change_note_match();
	if (original != 0)
		list_others(original);
	return true;
}

/* A match with translations is not purged: they follow its state and name its lines. */
static bool
has_translations(int64 match_id)
{
	return execute(relations_get()->match,
				   "SELECT FROM commentary.match"
				   " WHERE translation_of OPERATOR(pg_catalog.=) $1 LIMIT 1",
				   match_id) > 0;
}

/* Updates alternates in the original and its other translations. */
static void
list_others(int64 original)
{
	Relation match = relations_open(relations_get()->match, RowExclusiveLock);

	translation_list_of(match, original);
	table_close(match, NoLock);
}

/* If the flusher gave up on this match with an error, it tries again.  False: it is not noted. */
static bool
resume_purge(int64 match_id)
{
	return execute(relations_get()->purging,
				   "UPDATE commentary.purging SET error = NULL"
				   " WHERE match_id OPERATOR(pg_catalog.=) $1",
				   match_id) > 0;
}

static int64
count_entries(int64 match_id)
{
	(void) execute(relations_get()->entry,
				   "SELECT pg_catalog.count(*) FROM commentary.entry"
				   " WHERE match_id OPERATOR(pg_catalog.=) $1",
				   match_id);
	return DatumGetInt64(only_value());
}

/* The first seq of the lobby that stays.  0: its log is empty. */
static int64
first_to_keep(TimestampTz before)
{
	(void) execute_with(relations_get()->entry,
						"SELECT coalesce(pg_catalog.min(seq) FILTER"
						" (WHERE flushed_at OPERATOR(pg_catalog.>=) $1), pg_catalog.max(seq), 0)"
						" FROM commentary.entry WHERE match_id OPERATOR(pg_catalog.=) 0",
						TIMESTAMPTZOID, TimestampTzGetDatum(before));
	return DatumGetInt64(only_value());
}

static int64
count_below(int64 seq)
{
	(void) execute(relations_get()->entry,
				   "SELECT pg_catalog.count(*) FROM commentary.entry"
				   " WHERE match_id OPERATOR(pg_catalog.=) 0 AND seq OPERATOR(pg_catalog.<) $1",
				   seq);
	return DatumGetInt64(only_value());
}

static void
fail_not_over(int64 match_id)
{
	if (match_facts(match_id).status == MATCH_UNKNOWN)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("there is no match " INT64_FORMAT, match_id),
				 errhint("Look for its number in commentary.match.")));
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("match " INT64_FORMAT " is not over", match_id),
			 errdetail("Only a match that is finished, abandoned or cancelled can be purged."),
			 errhint("First UPDATE commentary.match SET status = 'abandoned' WHERE match_id = " INT64_FORMAT ".", match_id)));
}

static void
fail_translated(int64 match_id)
{
	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("match " INT64_FORMAT " has translations", match_id),
			 errdetail("They follow its status and score, and their lines name lines of it."),
			 errhint("Purge them first: SELECT commentary.purge(match_id) FROM commentary.match WHERE translation_of = " INT64_FORMAT ". To keep one, UPDATE commentary.match SET translation_of = NULL there.", match_id)));
}

bool
purge_is_under_way(int64 match_id)
{
	return OidIsValid(relations_get()->purging) &&
		   execute(relations_get()->purging,
				   "SELECT FROM commentary.purging WHERE match_id OPERATOR(pg_catalog.=) $1",
				   match_id) > 0;
}

/*
 * Runs a statement with the rights of the table's owner, because of triggers and the like that
 * others may have put on the table.  Statements qualify their operators: the search_path of
 * the client may have other operators before those of PostgreSQL.
 */
static uint64
execute(Oid relation_id, const char *statement, int64 match_id)
{
	return execute_with(relation_id, statement, INT8OID, Int64GetDatum(match_id));
}

static uint64
execute_with(Oid relation_id, const char *statement, Oid type, Datum value)
{
	Relation relation = relations_open(relation_id, RowExclusiveLock);

	if (relation_id == relations_get()->purging)
		(void) column_map(MAP_PURGING, relation); /* says what is wrong with it */
	owner_execute(relation, statement, 1, &type, &value, NULL);
	table_close(relation, NoLock);
	return SPI_processed;
}

/* The result of the last statement, which returns one value that is not null. */
static Datum
only_value(void)
{
	bool isnull;

	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
}
