/*
 * reject.c
 *		Rows that could not be flushed: set aside, and tried again.
 *
 * A row leaves staging and enters commentary.rejected in one transaction, and
 * later leaves that and enters the log in one, so that it is always in exactly
 * one place.  All of this is rare: it may be slow, and goes through SPI.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ack.h"
#include "blame.h"
#include "columns.h"
#include "commit.h"
#include "flush.h"
#include "obstacle.h"
#include "outcome.h"
#include "owner.h"
#include "reject.h"
#include "relations.h"
#include "shared.h"

PG_FUNCTION_INFO_V1(commentary_replay_rejected);

/* The columns of a staged row, as commentary.rejected has them. */
#define ROW_COLUMNS                                                                          \
	"match_id, stage_no, op, ref_seq, kind, period, minute, stoppage, actor, team, message," \
	" tags, metadata, home_score, away_score, client_ref, created_at"

#define INSERT_SQL                                                                         \
	"INSERT INTO commentary.rejected (" ROW_COLUMNS ", sqlstate, error, detail)"           \
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17," \
	" $18, $19, $20) RETURNING rejected_id"

#define NUM_ERROR_COLUMNS 3
#define NUM_PARAMETERS	  (NUM_STAGED_COLUMNS + NUM_ERROR_COLUMNS)

static int64 replaying = 0; /* the rejected_id that is being tried */

static bool can_read(const StagedRef *ref);
static void read_values(const EntryRow *row);
static bool is_damage(const ErrorData *error);
static void set_aside(DatabaseState *db, const StagedRef *ref, const ErrorData *error,
					  bool has_contents);
static int64 insert_rejected(const EntryRow *row, const ErrorData *error);
static void bring_row_along(EntryRow *row, Segments *segments, const StagedRef *ref,
							bool has_contents);
static void execute(const char *statement, int num_values, Oid *types, Datum *values,
					const char *nulls);
static bool try_replay(DatabaseState *db);
static bool replay_next(DatabaseState *db);
static bool take_wanted(EntryRow *row);
static bool try_note_failure(DatabaseState *db, const ErrorData *error);
static void note_failure(DatabaseState *db, const ErrorData *error);
static Datum text_or_null(const char *words, char *null);

void
reject_row(DatabaseState *db, const StagedRef *ref, const ErrorData *error)
{
	/* What cannot be read is lost already: then its place and its error at least. */
	set_aside(db, ref, error, can_read(ref));

	SpinLockAcquire(&db->lock);
	db->stats.rejected++;
	SpinLockRelease(&db->lock);
	ereport(WARNING,
			(errmsg("commentary set aside a row that it cannot flush: %s", error->message),
			 errdetail("It is in commentary.rejected; the other rows go on."),
			 errhint("Mend what the error tells, then SELECT commentary.replay_rejected(rejected_id).")));
}

void
reject_replay(DatabaseState *db)
{
	while (try_replay(db))
		continue;
}

/* False when no row wants to be tried (again). */
static bool
try_replay(DatabaseState *db)
{
	volatile bool goes_on = true;

	PG_TRY();
	{
		goes_on = replay_next(db);
	}
	PG_CATCH();
	{
		ErrorData *error = commit_fail();

		if (blame_for(error, true) == BLAME_SERVER)
		{
			pg_atomic_write_u32(&db->wants_replay, 1); /* for the next attempt */
			ReThrowError(error);
		}
		goes_on = try_note_failure(db, error);
		FreeErrorData(error);
	}
	PG_END_TRY();
	return goes_on;
}

/* replay_rejected(rejected_id bigint) RETURNS void */
Datum
commentary_replay_rejected(PG_FUNCTION_ARGS)
{
	int64 rejected_id = PG_GETARG_INT64(0);
	Oid types[] = { INT8OID };
	Datum values[] = { Int64GetDatum(rejected_id) };
	uint64 found;

	shared_require();
	SPI_connect();
	execute("UPDATE commentary.rejected SET wants_replay = true WHERE rejected_id = $1", 1, types,
			values, NULL);
	found = SPI_processed;
	SPI_finish();
	if (found == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("there is no rejected row " INT64_FORMAT, rejected_id),
				 errhint("SELECT rejected_id, error FROM commentary.rejected lists them.")));
	ack_note_replay(shared_database());
	PG_RETURN_VOID();
}

/* With all that it has in TOAST. */
static bool
can_read(const StagedRef *ref)
{
	volatile bool is_readable = true;

	PG_TRY();
	{
		Segments segments;
		EntryRow row;

		StartTransactionCommand();
		PushActiveSnapshot(GetTransactionSnapshot());
		staging_open(&segments);
		staging_fetch(&segments, ref, &row);
		read_values(&row);
		staging_clear(&segments, ref);
		staging_close(&segments);
		PopActiveSnapshot();
		CommitTransactionCommand();
	}
	PG_CATCH();
	{
		ErrorData *error = commit_fail();

		if (!is_damage(error))
			ReThrowError(error);
		FreeErrorData(error);
		is_readable = false;
	}
	PG_END_TRY();
	return is_readable;
}

static void
read_values(const EntryRow *row)
{
	for (int i = 0; i < NUM_STAGED_COLUMNS; i++)
	{
		if (!row->isnull[i] && get_typlen(entry_columns[i].type) == -1)
			(void) PG_DETOAST_DATUM(row->values[i]);
	}
}

/* Of the page or of the TOAST, and not a lock, the space or an order to end. */
static bool
is_damage(const ErrorData *error)
{
	switch (ERRCODE_TO_CATEGORY(error->sqlerrcode))
	{
		case ERRCODE_INTERNAL_ERROR:
			return true;
		default:
			return false;
	}
}

static void
set_aside(DatabaseState *db, const StagedRef *ref, const ErrorData *error, bool has_contents)
{
	Segments segments;
	EntryRow row;
	TransactionId xid;
	int64 rejected_id;

	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (!OidIsValid(relations_get()->rejected))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("cannot set aside a row that cannot be flushed: %s", error->message),
				 errhint("Run ALTER EXTENSION commentary UPDATE, which makes commentary.rejected.")));
	obstacle_lock_relation(db, relations_get()->rejected, RowExclusiveLock);
	staging_open(&segments);
	bring_row_along(&row, &segments, ref, has_contents);
	xid = staging_xid(&segments, ref);
	rejected_id = insert_rejected(&row, error);
	staging_clear(&segments, ref);
	staging_delete(&segments, ref);
	staging_close(&segments);
	PopActiveSnapshot();
	commit_durably();
	outcome_note_rejection(db, xid, rejected_id, error);
}

static void
bring_row_along(EntryRow *row, Segments *segments, const StagedRef *ref, bool has_contents)
{
	staging_fetch(segments, ref, row);
	if (!has_contents)
	{
		memset(row->values, 0, sizeof(row->values));
		memset(row->isnull, true, sizeof(row->isnull));
	}
	row->values[COL_STAGE_NO] = Int64GetDatum(ref->stage_no);
	row->isnull[COL_STAGE_NO] = false;
}

/* Returns its number there. */
static int64
insert_rejected(const EntryRow *row, const ErrorData *error)
{
	Oid types[NUM_PARAMETERS];
	Datum values[NUM_PARAMETERS];
	char nulls[NUM_PARAMETERS];
	int64 rejected_id;
	bool isnull;

	for (int i = 0; i < NUM_STAGED_COLUMNS; i++)
	{
		types[i] = entry_columns[i].type;
		values[i] = row->values[i];
		nulls[i] = row->isnull[i] ? 'n' : ' ';
	}
	for (int i = NUM_STAGED_COLUMNS; i < NUM_PARAMETERS; i++)
		types[i] = TEXTOID;
	values[NUM_STAGED_COLUMNS] = text_or_null(unpack_sql_state(error->sqlerrcode),
											  &nulls[NUM_STAGED_COLUMNS]);
	values[NUM_STAGED_COLUMNS + 1] = text_or_null(error->message, &nulls[NUM_STAGED_COLUMNS + 1]);
	values[NUM_STAGED_COLUMNS + 2] = text_or_null(error->detail, &nulls[NUM_STAGED_COLUMNS + 2]);

	SPI_connect();
	execute(INSERT_SQL, NUM_PARAMETERS, types, values, nulls);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
				 errmsg("cannot set aside a row that cannot be flushed: %s", error->message),
				 errdetail("A trigger or a rule of somebody else keeps it out of commentary.rejected."),
				 errhint("Remove the trigger or the rule.")));
	rejected_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1,
											  &isnull));
	SPI_finish();
	return rejected_id;
}

/* Whoever owns commentary.rejected, its triggers and defaults run with his rights. */
static void
execute(const char *statement, int num_values, Oid *types, Datum *values, const char *nulls)
{
	Relation rejected = relations_open(relations_get()->rejected, RowExclusiveLock);

	owner_execute(rejected, statement, num_values, types, values, nulls);
	table_close(rejected, NoLock);
}

/* False: there is none left. */
static bool
replay_next(DatabaseState *db)
{
	EntryRow row;
	bool is_found = false;

	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	if (OidIsValid(relations_get()->rejected))
	{
		obstacle_lock_relation(db, relations_get()->rejected, RowExclusiveLock);
		is_found = take_wanted(&row);
	}
	if (is_found)
		flush_row(db, &row);
	SPI_finish();
	PopActiveSnapshot();
	commit_durably();
	return is_found;
}

/*
 * Removes the first row that is wanted; it comes back if the transaction fails.  One
 * that somebody has locked is left: it is wanted still when the next one is asked for.
 */
static bool
take_wanted(EntryRow *row)
{
	HeapTuple tuple;
	TupleDesc desc;
	bool isnull;

	execute("DELETE FROM commentary.rejected WHERE rejected_id ="
			" (SELECT rejected_id FROM commentary.rejected WHERE wants_replay"
			" ORDER BY rejected_id LIMIT 1 FOR UPDATE SKIP LOCKED)"
			" RETURNING " ROW_COLUMNS ", rejected_id",
			0, NULL, NULL, NULL);
	if (SPI_processed == 0)
		return false;
	tuple = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	replaying = DatumGetInt64(SPI_getbinval(tuple, desc, NUM_STAGED_COLUMNS + 1, &isnull));
	for (int i = 0; i < NUM_STAGED_COLUMNS; i++)
		row->values[i] = SPI_getbinval(tuple, desc, i + 1, &row->isnull[i]);
	if (row->isnull[COL_MATCH_ID] || row->isnull[COL_OP] || row->isnull[COL_CREATED_AT])
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("the row itself was lost: only its error is left"),
				 errhint("Post it again, and DELETE it from commentary.rejected.")));
	return true;
}

/* False: not even that; the row waits, until replay_rejected() is called again. */
static bool
try_note_failure(DatabaseState *db, const ErrorData *error)
{
	volatile bool is_noted = false;

	PG_TRY();
	{
		note_failure(db, error);
		is_noted = true;
	}
	PG_CATCH();
	{
		ErrorData *second = commit_fail();

		if (blame_for(second, true) == BLAME_SERVER)
			ReThrowError(second);
		ereport(WARNING,
				(errmsg("commentary cannot replay rejected rows: %s", error->message),
				 errdetail("Nor can it note so in commentary.rejected: %s", second->message),
				 errhint("Mend the table, and call commentary.replay_rejected() again.")));
		FreeErrorData(second);
	}
	PG_END_TRY();
	return is_noted;
}

static void
note_failure(DatabaseState *db, const ErrorData *error)
{
	Oid types[] = { INT8OID, TEXTOID, TEXTOID, TEXTOID };
	Datum values[4];
	char nulls[4] = { ' ', ' ', ' ', ' ' };

	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	values[0] = Int64GetDatum(replaying);
	values[1] = text_or_null(unpack_sql_state(error->sqlerrcode), &nulls[1]);
	values[2] = text_or_null(error->message, &nulls[2]);
	values[3] = text_or_null(error->detail, &nulls[3]);
	SPI_connect();
	execute("UPDATE commentary.rejected SET wants_replay = false, sqlstate = $2,"
			" error = $3, detail = $4, rejected_at = pg_catalog.now()"
			" WHERE rejected_id = $1",
			4, types, values, nulls);
	if (SPI_processed == 0)
		elog(ERROR, "cannot replay rejected rows: %s", error->message);
	SPI_finish();
	PopActiveSnapshot();
	commit_durably();
	outcome_note_failed_replay(db, replaying, error);
	ereport(WARNING,
			(errmsg("commentary cannot flush the rejected row " INT64_FORMAT " yet: %s",
					replaying, error->message)));
}

static Datum
text_or_null(const char *words, char *null)
{
	*null = words == NULL ? 'n' : ' ';
	return words == NULL ? (Datum) 0 : CStringGetTextDatum(words);
}
