/*
 * columns.c
 *		The columns of an entry.
 *
 * Validation, staging, the log, the JSON that viewers get, rejected rows and
 * the argument lists of post(), amend() and retract() all read this table.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "tables/columns.h"

#define MAX_NAME_BYTES		 200
#define MAX_TAG_BYTES		 64
#define MAX_METADATA_BYTES	 (16 * 1024)
#define MAX_CLIENT_REF_BYTES 100
#define MAX_HEADLINE_BYTES	 300
#define MAX_DISPLAY_BYTES	 100
#define MAX_CLOCK_BYTES		 50

#define MAX_PERIOD	 999
#define MAX_MINUTE	 999
#define MAX_STOPPAGE 99
#define MAX_SCORE	 9999

#define CORRECTIONS (MAY_GIVE(OPERATION_AMEND) | MAY_GIVE(OPERATION_RETRACT))

/*
 * Small integers are integers in the feed: we, and not a cast, then say what is
 * wrong with a value that is too large.
 */
const Column entry_columns[NUM_ENTRY_COLUMNS] = {
	[COL_MATCH_ID] = { "match_id", INT8OID, INT8OID, CHECK_APART, 0, MAY_GIVE_ALWAYS, FORM_INTEGER },
	[COL_SEQ] = { "seq", INT8OID, INT8OID, CHECK_APART, 0, MAY_GIVE_NEVER, FORM_INTEGER },
	[COL_OP] = { "op", TEXTOID, TEXTOID, CHECK_APART, 0, MAY_GIVE_ALWAYS, FORM_TEXT },
	[COL_REF_SEQ] = { "ref_seq", INT8OID, INT8OID, CHECK_APART, 0, CORRECTIONS, FORM_INTEGER },
	[COL_KIND] = { "kind", TEXTOID, TEXTOID, CHECK_APART, 32, MAY_GIVE_ALWAYS, FORM_TEXT },
	[COL_PERIOD] = { "period", INT2OID, INT4OID, CHECK_NUMBER, MAX_PERIOD, MAY_GIVE_ALWAYS, FORM_INTEGER, .may_clear = true, .instead = "phase" },
	[COL_PHASE] = { "phase", TEXTOID, TEXTOID, CHECK_NAME, MAX_CLOCK_BYTES, MAY_GIVE_ALWAYS, FORM_TEXT, .is_newer = true, .may_clear = true },
	[COL_MINUTE] = { "minute", INT2OID, INT4OID, CHECK_NUMBER, MAX_MINUTE, MAY_GIVE_ALWAYS, FORM_INTEGER, .may_clear = true, .instead = "clock" },
	[COL_STOPPAGE] = { "stoppage", INT2OID, INT4OID, CHECK_NUMBER, MAX_STOPPAGE, MAY_GIVE_ALWAYS, FORM_INTEGER, .may_clear = true, .instead = "clock" },
	[COL_CLOCK] = { "clock", TEXTOID, TEXTOID, CHECK_NAME, MAX_CLOCK_BYTES, MAY_GIVE_ALWAYS, FORM_TEXT, .is_newer = true, .may_clear = true },
	[COL_ACTOR] = { "actor", TEXTOID, TEXTOID, CHECK_NAME, MAX_NAME_BYTES, MAY_GIVE_ALWAYS, FORM_TEXT, .may_clear = true },
	[COL_TEAM] = { "team", TEXTOID, TEXTOID, CHECK_NAME, MAX_NAME_BYTES, MAY_GIVE_ALWAYS, FORM_TEXT, .may_clear = true },
	[COL_HEADLINE] = { "headline", TEXTOID, TEXTOID, CHECK_NAME, MAX_HEADLINE_BYTES, MAY_GIVE_ALWAYS, FORM_TEXT, .is_newer = true, .may_clear = true },
	[COL_MESSAGE] = { "message", TEXTOID, TEXTOID, CHECK_APART, 0, MAY_GIVE_ALWAYS, FORM_TEXT },
	[COL_TAGS] = { "tags", TEXTARRAYOID, TEXTARRAYOID, CHECK_TAGS, MAX_TAG_BYTES, MAY_GIVE_ALWAYS, FORM_TEXTS, .may_clear = true },
	[COL_METADATA] = { "metadata", JSONBOID, JSONBOID, CHECK_OBJECT, MAX_METADATA_BYTES, MAY_GIVE_ALWAYS, FORM_JSON, .may_clear = true },
	[COL_HOME_SCORE] = { "home_score", INT4OID, INT4OID, CHECK_NUMBER, MAX_SCORE, MAY_GIVE_ALWAYS, FORM_INTEGER, .may_clear = true, .instead = "home_display" },
	[COL_AWAY_SCORE] = { "away_score", INT4OID, INT4OID, CHECK_NUMBER, MAX_SCORE, MAY_GIVE_ALWAYS, FORM_INTEGER, .may_clear = true, .instead = "away_display" },
	[COL_HOME_DISPLAY] = { "home_display", TEXTOID, TEXTOID, CHECK_NAME, MAX_DISPLAY_BYTES, MAY_GIVE_ALWAYS, FORM_TEXT, .is_newer = true, .may_clear = true },
	[COL_AWAY_DISPLAY] = { "away_display", TEXTOID, TEXTOID, CHECK_NAME, MAX_DISPLAY_BYTES, MAY_GIVE_ALWAYS, FORM_TEXT, .is_newer = true, .may_clear = true },
	[COL_TRANSLATES_SEQ] = { "translates_seq", INT8OID, INT8OID, CHECK_SEQ, 0, MAY_GIVE(OPERATION_INSERT), FORM_INTEGER, .is_newer = true },
	[COL_CLIENT_REF] = { "client_ref", TEXTOID, TEXTOID, CHECK_NAME, MAX_CLIENT_REF_BYTES, MAY_GIVE_ALWAYS, FORM_NONE },
	[COL_CLIENT_VERSION] = { "client_version", INT8OID, INT8OID, CHECK_COUNT, 0, MAY_GIVE_ALWAYS, FORM_NONE, .is_newer = true },
	[COL_CLEAR] = { "clear", TEXTARRAYOID, TEXTARRAYOID, CHECK_APART, 0, MAY_GIVE(OPERATION_AMEND), FORM_NONE, .is_newer = true },
	[COL_OCCURRED_AT] = { "occurred_at", TIMESTAMPTZOID, TIMESTAMPTZOID, CHECK_TIME, 0, MAY_GIVE_ALWAYS, FORM_TIME, .is_newer = true, .may_clear = true },
	[COL_CREATED_AT] = { "created_at", TIMESTAMPTZOID, TIMESTAMPTZOID, CHECK_TIME, 0, MAY_GIVE_ALWAYS, FORM_TIME },
	[COL_FLUSHED_AT] = { "flushed_at", TIMESTAMPTZOID, InvalidOid, CHECK_APART, 0, MAY_GIVE_NEVER, FORM_NONE },
	[COL_SAID] = { "said", INT8OID, InvalidOid, CHECK_APART, 0, MAY_GIVE_NEVER, FORM_NONE, .is_newer = true },
	[COL_EPOCH_NO] = { "epoch_no", INT8OID, InvalidOid, CHECK_APART, 0, MAY_GIVE_NEVER, FORM_NONE, .is_newer = true },
};

bool
column_is_content(EntryColumn column)
{
	switch (column)
	{
		case COL_MATCH_ID:
		case COL_SEQ:
		case COL_OP:
		case COL_REF_SEQ:
		case COL_CREATED_AT:
			return false;
		default:
			return entry_columns[column].form != FORM_NONE &&
				   (entry_columns[column].may_give & MAY_GIVE(OPERATION_AMEND)) != 0;
	}
}

EntryColumn
column_to_clear(const char *name, int length)
{
	for (EntryColumn i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		const Column *column = &entry_columns[i];

		if (column->may_clear && strlen(column->name) == length &&
			memcmp(column->name, name, length) == 0)
			return i;
	}
	return NUM_ENTRY_COLUMNS;
}

bool
column_op_is(const EntryRow *row, const char *op)
{
	text *packed;

	if (row->isnull[COL_OP])
		return false;
	packed = DatumGetTextPP(row->values[COL_OP]);
	return VARSIZE_ANY_EXHDR(packed) == strlen(op) &&
		   memcmp(VARDATA_ANY(packed), op, strlen(op)) == 0;
}

void
column_set_text(EntryRow *row, EntryColumn column, const char *value)
{
	row->values[column] = CStringGetTextDatum(value);
	row->isnull[column] = false;
}

void
column_set_null(EntryRow *row, EntryColumn column)
{
	row->values[column] = (Datum) 0;
	row->isnull[column] = true;
}
