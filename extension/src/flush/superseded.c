/*
 * superseded.c
 *		A rejected row that is replayed must not override a newer one.
 *
 * Among the states of a match, the amendments of an entry, and the rows of a client_ref, the
 * one with the largest seq counts.  A row that was set aside gets its seq when it is replayed,
 * perhaps hours later.  Meanwhile a newer row may have entered the log, and the old one would
 * count instead of it.  So the newest seq of the match is noted with the row when it is set
 * aside.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "base/owner.h"
#include "flush/superseded.h"
#include "log/number.h"
#include "tables/relations.h"

#define NEWER                                          \
	"SELECT pg_catalog.max(seq) FROM commentary.entry" \
	" WHERE match_id = $1"                             \
	" AND CASE WHEN $2 < 0 THEN created_at > $3 ELSE seq > $2 END AND "

static void fail_said(const EntryRow *row, int64 newer);
static bool is_saying(const EntryRow *row);
static bool is_op(const EntryRow *row, const char *op);
static int64 find_newer(const EntryRow *row, int64 after_seq, const char *condition);

int64
superseded_note(const EntryRow *row)
{
	Relation entry;
	int64 seq;

	if (row->isnull[COL_MATCH_ID])
		return SEQ_UNKNOWN;
	entry = relations_open(relations_get()->entry, AccessShareLock);
	seq = number_newest(entry, DatumGetInt64(row->values[COL_MATCH_ID]));
	table_close(entry, NoLock);
	return seq;
}

bool
superseded_concerns(const EntryRow *row)
{
	return is_op(row, OP_MATCH) || (is_op(row, OP_AMEND) && !row->isnull[COL_REF_SEQ]) ||
		   is_saying(row);
}

void
superseded_check(const EntryRow *row, int64 after_seq)
{
	int64 match_id = DatumGetInt64(row->values[COL_MATCH_ID]);
	int64 newer;

	if (!superseded_concerns(row))
		return;
	newer = find_newer(row, after_seq,
					   is_op(row, OP_MATCH) ? "op = 'match'"
					   : is_saying(row)		? "client_ref = $5"
											: "ref_seq = $4");
	if (newer == 0)
		return;
	if (is_saying(row))
		fail_said(row, newer);
	ereport(ERROR,
			(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
			 is_op(row, OP_MATCH)
				 ? errmsg("a newer state of match " INT64_FORMAT " is in the log", match_id)
				 : errmsg("entry " INT64_FORMAT " of match " INT64_FORMAT " was corrected again since",
						  DatumGetInt64(row->values[COL_REF_SEQ]), match_id),
			 errdetail("That is entry " INT64_FORMAT "; this row would override it.", newer),
			 errhint("DELETE the row from commentary.rejected, or write its values that are still right in a new row.")));
}

static void
fail_said(const EntryRow *row, int64 newer)
{
	ereport(ERROR,
			(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
			 errmsg("client_ref \"%s\" of match " INT64_FORMAT " was amended again since",
					TextDatumGetCString(row->values[COL_CLIENT_REF]),
					DatumGetInt64(row->values[COL_MATCH_ID])),
			 errdetail("That is entry " INT64_FORMAT "; this row would override it.", newer),
			 errhint("DELETE the row from commentary.rejected, or write its values that are still right in a new row.")));
}

/* An insert under a client_ref: it amends what is stored under that. */
static bool
is_saying(const EntryRow *row)
{
	return is_op(row, OP_INSERT) && !row->isnull[COL_CLIENT_REF];
}

static bool
is_op(const EntryRow *row, const char *op)
{
	return strcmp(TextDatumGetCString(row->values[COL_OP]), op) == 0;
}

/* 0: none */
static int64
find_newer(const EntryRow *row, int64 after_seq, const char *condition)
{
	Oid types[] = { INT8OID, INT8OID, TIMESTAMPTZOID, INT8OID, TEXTOID };
	Datum values[] = {
		row->values[COL_MATCH_ID], Int64GetDatum(after_seq),
		row->values[COL_CREATED_AT], row->values[COL_REF_SEQ], row->values[COL_CLIENT_REF]
	};
	char nulls[] = { ' ', ' ', ' ', row->isnull[COL_REF_SEQ] ? 'n' : ' ',
					 row->isnull[COL_CLIENT_REF] ? 'n' : ' ' };
	Relation entry = relations_open(relations_get()->entry, AccessShareLock);
	Datum seq;
	bool isnull;

	owner_execute(entry, psprintf(NEWER "%s", condition), lengthof(types), types, values, nulls);
	seq = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	table_close(entry, NoLock);
	return isnull ? 0 : DatumGetInt64(seq);
}
