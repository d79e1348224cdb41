/*
 * reject.c
 *		Setting aside rows that cannot be flushed (replay.c tries them again).
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
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/owner.h"
#include "flush/commit.h"
#include "flush/reject.h"
#include "flush/superseded.h"
#include "shared/ack.h"
#include "shared/obstacle.h"
#include "shared/outcome.h"
#include "shared/shared.h"
#include "tables/column_map.h"
#include "tables/columns.h"
#include "tables/shape.h"
#include "tables/relations.h"

/* sqlstate, error, detail, after_seq */
#define NUM_ERROR_COLUMNS 4

/* An INSERT into commentary.rejected, of what is not null. */
typedef struct Insertion
{
	StringInfoData columns;
	StringInfoData parameters;
	int count;
	Oid types[NUM_STAGED_COLUMNS + NUM_ERROR_COLUMNS];
	Datum values[NUM_STAGED_COLUMNS + NUM_ERROR_COLUMNS];
	char nulls[NUM_STAGED_COLUMNS + NUM_ERROR_COLUMNS];
} Insertion;

static bool can_read(DatabaseState *db, const StagedRef *ref);
static void read_values(const EntryRow *row);
static bool is_damage(const ErrorData *error);
static void set_aside(DatabaseState *db, const StagedRef *ref, const ErrorData *error,
					  bool has_contents);
static int64 insert_rejected(const EntryRow *row, const ErrorData *error);
static void add_value(Insertion *insertion, const char *column, Oid type, Datum value,
					  bool isnull);
static void add_words(Insertion *insertion, const char *column, const char *words);
static void bring_row_along(EntryRow *row, Segments *segments, const StagedRef *ref,
							bool has_contents);

void
reject_row(DatabaseState *db, const StagedRef *ref, const ErrorData *error)
{
	/* A row that cannot be read is lost already: keep its place and its error at least. */
	set_aside(db, ref, error, can_read(db, ref));

	SpinLockAcquire(&db->lock);
	db->stats.rejected++;
	SpinLockRelease(&db->lock);
	ereport(WARNING,
			(errmsg("commentary set aside a row that it cannot flush: %s", error->message),
			 errdetail("It is in commentary.rejected; the other rows go on."),
			 errhint("Correct the cause of the error, then SELECT commentary.replay_rejected(rejected_id).")));
}

/* Reads all of the row, its TOAST too. */
static bool
can_read(DatabaseState *db, const StagedRef *ref)
{
	volatile bool is_readable = true;

	PG_TRY();
	{
		Segments segments;
		EntryRow row;

		StartTransactionCommand();
		PushActiveSnapshot(GetTransactionSnapshot());
		staging_open(db, &segments);
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

/* The page or the TOAST is damaged: the error is not about a lock, space or a shutdown. */
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
				 relations_num_segments() > RING_SEGMENTS /* 1.2: it was taken away */
					 ? errhint("commentary.rejected is missing. Bring it back under this name: ALTER TABLE ... RENAME TO rejected, or SET SCHEMA commentary.")
					 : errhint("Run ALTER EXTENSION commentary UPDATE, which makes commentary.rejected.")));
	obstacle_lock_relation(db, relations_get()->rejected, RowExclusiveLock);
	staging_open(db, &segments);
	bring_row_along(&row, &segments, ref, has_contents);
	xid = staging_xid(&segments, ref);
	rejected_id = insert_rejected(&row, error);
	staging_clear(&segments, ref);
	staging_delete(&segments, ref);
	ack_note_moved(db, ref->stage_no);
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
	Oid rejected = relations_get()->rejected;
	Insertion insertion = { 0 };
	int64 after_seq = superseded_note(row);
	int64 rejected_id;
	bool isnull;

	initStringInfo(&insertion.columns);
	initStringInfo(&insertion.parameters);
	for (int i = 0; i < NUM_STAGED_COLUMNS; i++)
	{
		const char *name = shape_column(MAP_REJECTED, i).name;

		if (get_attnum(rejected, name) != InvalidAttrNumber)
			add_value(&insertion, name, entry_columns[i].type, row->values[i], row->isnull[i]);
	}
	add_words(&insertion, "sqlstate", unpack_sql_state(error->sqlerrcode));
	add_words(&insertion, "error", error->message);
	add_words(&insertion, "detail", error->detail);
	if (after_seq != SEQ_UNKNOWN && reject_has_after_seq())
		add_value(&insertion, REJECT_AFTER_SEQ, INT8OID, Int64GetDatum(after_seq), false);

	SPI_connect();
	reject_execute(psprintf("INSERT INTO commentary.rejected (%s) VALUES (%s) RETURNING rejected_id::pg_catalog.int8",
							insertion.columns.data, insertion.parameters.data),
				   insertion.count, insertion.types, insertion.values, insertion.nulls);
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

static void
add_value(Insertion *insertion, const char *column, Oid type, Datum value, bool isnull)
{
	int number = insertion->count++;

	insertion->types[number] = type;
	insertion->values[number] = value;
	insertion->nulls[number] = isnull ? 'n' : ' ';
	appendStringInfo(&insertion->columns, "%s%s", number == 0 ? "" : ", ", column);
	appendStringInfo(&insertion->parameters, "%s$%d", number == 0 ? "" : ", ", number + 1);
}

static void
add_words(Insertion *insertion, const char *column, const char *words)
{
	add_value(insertion, column, TEXTOID, words == NULL ? (Datum) 0 : CStringGetTextDatum(words),
			  words == NULL);
}

char *
reject_list_columns(void)
{
	Oid rejected = relations_get()->rejected;
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < NUM_STAGED_COLUMNS; i++)
	{
		WantedColumn column = shape_column(MAP_REJECTED, i);

		if (i > 0)
			appendStringInfoString(&list, ", ");
		appendStringInfo(&list, "%s::%s",
						 get_attnum(rejected, column.name) != InvalidAttrNumber ? column.name : "NULL",
						 format_type_be_qualified(column.type));
	}
	return list.data;
}

void
reject_execute(const char *statement, int num_values, Oid *types, Datum *values, const char *nulls)
{
	Relation rejected = relations_open(relations_get()->rejected, RowExclusiveLock);

	(void) column_map(MAP_REJECTED, rejected); /* says what is wrong with it */
	owner_execute(rejected, statement, num_values, types, values, nulls);
	table_close(rejected, NoLock);
}

bool
reject_has_after_seq(void)
{
	return get_attnum(relations_get()->rejected, REJECT_AFTER_SEQ) != InvalidAttrNumber;
}

bool
reject_holds_state(int64 match_id, Datum state)
{
	Oid types[] = { INT8OID, JSONBOID };
	Datum values[] = { Int64GetDatum(match_id), state };
	bool is_found;

	if (!OidIsValid(relations_get()->rejected))
		return false;
	obstacle_lock_relation(shared_database(), relations_get()->rejected, RowExclusiveLock);
	SPI_connect();
	reject_execute("SELECT FROM commentary.rejected"
				   " WHERE match_id = $1 AND op = 'match' AND metadata = $2 LIMIT 1",
				   2, types, values, NULL);
	is_found = SPI_processed > 0;
	SPI_finish();
	return is_found;
}

Datum
reject_text(const char *words, char *null)
{
	*null = words == NULL ? 'n' : ' ';
	return words == NULL ? (Datum) 0 : CStringGetTextDatum(words);
}
