/*
 * replay.c
 *		Rows that were set aside: tried again.
 *
 * A row leaves commentary.rejected and enters the log in one transaction, so that it
 * is always in exactly one place.  The oldest goes first, and none overrides what is
 * newer (superseded.c).
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "flush/blame.h"
#include "flush/chunk.h"
#include "flush/commit.h"
#include "flush/reject.h"
#include "flush/replay.h"
#include "flush/superseded.h"
#include "shared/ack.h"
#include "shared/obstacle.h"
#include "shared/outcome.h"
#include "tables/columns.h"
#include "tables/following.h"
#include "tables/relations.h"

PG_FUNCTION_INFO_V1(commentary_replay_rejected);

/* Locked rows that are named, at most: a few tell that somebody is in the way. */
#define MAX_LOCKED_TOLD 8

static int64 replaying = 0; /* the rejected_id that is being tried */

static bool try_replay(DatabaseState *db);
static bool replay_next(DatabaseState *db);
static bool take_wanted(EntryRow *row, int64 *after_seq);
static void tell_of_locked(DatabaseState *db);
static void let_later_ones_pass(const EntryRow *row);
static bool try_note_failure(DatabaseState *db, const ErrorData *error);
static void note_failure(DatabaseState *db, const ErrorData *error);

void
replay_rejected(DatabaseState *db)
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

	following_refuse(shared_database());
	SPI_connect();
	reject_execute("UPDATE commentary.rejected SET wants_replay = true"
				   " WHERE rejected_id OPERATOR(pg_catalog.=) $1",
				   1, types, values, NULL);
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

/* False: there is none left. */
static bool
replay_next(DatabaseState *db)
{
	EntryRow row;
	int64 after_seq = SEQ_UNKNOWN;
	bool is_found = false;

	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	if (OidIsValid(relations_get()->rejected))
	{
		obstacle_lock_relation(db, relations_get()->rejected, RowExclusiveLock);
		is_found = take_wanted(&row, &after_seq);
	}
	if (is_found)
	{
		EntryRow flushed = row; /* which becomes that of the lobby */

		superseded_check(&row, after_seq);
		chunk_write_alone(db, &flushed);
		let_later_ones_pass(&row);
	}
	else if (OidIsValid(relations_get()->rejected))
		tell_of_locked(db);
	SPI_finish();
	PopActiveSnapshot();
	commit_durably();
	return is_found;
}

/*
 * Removes the first row that is wanted; it comes back if the transaction fails.  A
 * locked row is left out: the flusher waits for nobody.
 */
static bool
take_wanted(EntryRow *row, int64 *after_seq)
{
	HeapTuple tuple;
	TupleDesc desc;
	bool isnull;

	reject_execute(psprintf("DELETE FROM commentary.rejected WHERE rejected_id ="
							" (SELECT rejected_id FROM commentary.rejected WHERE wants_replay"
							" ORDER BY rejected_id LIMIT 1 FOR UPDATE SKIP LOCKED)"
							" RETURNING %s, rejected_id::pg_catalog.int8, %s::pg_catalog.int8",
							reject_list_columns(), reject_has_after_seq() ? REJECT_AFTER_SEQ : "NULL"),
				   0, NULL, NULL, NULL);
	if (SPI_processed == 0)
		return false;
	tuple = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	replaying = DatumGetInt64(SPI_getbinval(tuple, desc, NUM_STAGED_COLUMNS + 1, &isnull));
	for (int i = 0; i < NUM_STAGED_COLUMNS; i++)
		row->values[i] = SPI_getbinval(tuple, desc, i + 1, &row->isnull[i]);
	*after_seq = DatumGetInt64(SPI_getbinval(tuple, desc, NUM_STAGED_COLUMNS + 2, &isnull));
	if (isnull)
		*after_seq = SEQ_UNKNOWN;
	if (row->isnull[COL_MATCH_ID] || row->isnull[COL_OP] || row->isnull[COL_CREATED_AT])
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("the row itself was lost: only its error is left"),
				 errhint("Post it again, and DELETE it from commentary.rejected.")));
	return true;
}

/*
 * Rows that are still wanted, when no row is left to be taken, are locked.  They stay
 * wanted; without a word, the client that waits for the replay would take them for flushed.
 */
static void
tell_of_locked(DatabaseState *db)
{
	ErrorData error = {
		.sqlerrcode = ERRCODE_LOCK_NOT_AVAILABLE,
		.message = "another transaction has locked the row"
	};

	reject_execute(psprintf("SELECT rejected_id::pg_catalog.int8 FROM commentary.rejected WHERE wants_replay"
							" ORDER BY rejected_id LIMIT %d",
							MAX_LOCKED_TOLD),
				   0, NULL, NULL, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool isnull;
		int64 locked = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1,
												   &isnull));

		outcome_note_failed_replay(db, locked, &error);
		ereport(WARNING,
				(errcode(error.sqlerrcode),
				 errmsg("commentary cannot flush the rejected row " INT64_FORMAT " yet: %s", locked,
						error.message),
				 errhint("Call commentary.replay_rejected(" INT64_FORMAT ") again when that transaction has ended.",
						 locked)));
	}
}

/* The rows of its kind that were set aside after this one. */
#define LATER_ONES                                          \
	" WHERE rejected_id > $1 AND match_id = $2 AND op = $4" \
	" AND ref_seq IS NOT DISTINCT FROM $5"                  \
	" AND (op <> 'insert' OR client_ref = $6)"              \
	" AND " REJECT_AFTER_SEQ " IS DISTINCT FROM $3"

/*
 * Rows that were set aside after this row are newer, and the seq that this row gets now
 * must not make them look superseded.  No other entry can be between the two, or this
 * row would have been superseded itself.  The flusher does not wait for a locked row:
 * then the replay of this row fails.
 */
static void
let_later_ones_pass(const EntryRow *row)
{
	Oid types[] = { INT8OID, INT8OID, INT8OID, TEXTOID, INT8OID, TEXTOID };
	Datum values[] = {
		Int64GetDatum(replaying), row->values[COL_MATCH_ID], (Datum) 0,
		row->values[COL_OP], row->values[COL_REF_SEQ], row->values[COL_CLIENT_REF]
	};
	char nulls[] = { ' ', ' ', ' ', ' ', row->isnull[COL_REF_SEQ] ? 'n' : ' ',
					 row->isnull[COL_CLIENT_REF] ? 'n' : ' ' };

	if (!reject_has_after_seq() || !superseded_concerns(row))
		return;
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	values[2] = Int64GetDatum(superseded_note(row));
	reject_execute("UPDATE commentary.rejected SET " REJECT_AFTER_SEQ " = $3 WHERE rejected_id IN"
				   " (SELECT rejected_id FROM commentary.rejected" LATER_ONES " FOR UPDATE SKIP LOCKED)",
				   lengthof(types), types, values, nulls);
	reject_execute("SELECT FROM commentary.rejected" LATER_ONES " LIMIT 1", lengthof(types), types,
				   values, nulls);
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("a newer row in commentary.rejected is locked by another transaction"),
				 errhint("Call commentary.replay_rejected() again when that has ended.")));
	PopActiveSnapshot();
}

/* False when the failure cannot be noted either; the row then waits for the next
 * replay_rejected(). */
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
				 errdetail("It cannot note this in commentary.rejected either: %s", second->message),
				 errhint("Correct the table, and call commentary.replay_rejected() again.")));
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
	values[1] = reject_text(unpack_sql_state(error->sqlerrcode), &nulls[1]);
	values[2] = reject_text(error->message, &nulls[2]);
	values[3] = reject_text(error->detail, &nulls[3]);
	SPI_connect();
	reject_execute("UPDATE commentary.rejected SET wants_replay = false, sqlstate = $2,"
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
