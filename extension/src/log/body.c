/*
 * body.c
 *		An entry as the JSON that viewers get.
 *
 * The relay hands these bytes on without reading them, but counts on two
 * things: an entry of op 'match' begins with {"type":"match, and its state is
 * the last member.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "base/value.h"
#include "log/body.h"
#include "tables/arguments.h"
#include "tables/column_map.h"

PG_FUNCTION_INFO_V1(commentary_entry_body);
PG_FUNCTION_INFO_V1(commentary_body);

/* Where the columns are in the row type of commentary.entry. */
typedef struct RowTypeMap
{
	uint64 generation; /* of the row type (typcache.c); 0: none yet */
	ColumnMap map;
} RowTypeMap;

static text *body_of(const EntryRow *row);
static const ColumnMap *row_type_map(FunctionCallInfo fcinfo, TupleDesc desc);
static void read_composite(const ColumnMap *map, TupleDesc desc, HeapTuple tuple, EntryRow *row);
static void append_commentary(StringInfo json, const EntryRow *row);
static void append_state(StringInfo json, const EntryRow *row);
static void append_match(StringInfo json, int64 match_id);
static void find_cleared(const EntryRow *row, bool *is_cleared);
static void append_null(StringInfo json, const char *name);
static void append_name(StringInfo json, const char *name);
static void append_value(StringInfo json, const Column *column, Datum value);
static int64 integer_of(Oid type, Datum value);
static void append_texts(StringInfo json, const char *name, Datum value);
static bool has_place(const EntryRow *row);
static void fail_not_whole(void);
static bool text_is(Datum value, const char *word);

void
body_append(StringInfo json, const EntryRow *row)
{
	if (text_is(row->values[COL_OP], OP_MATCH))
		append_state(json, row);
	else
		append_commentary(json, row);
}

/* entry_body(entry commentary.entry) RETURNS text */
Datum
commentary_entry_body(PG_FUNCTION_ARGS)
{
	HeapTupleHeader header = PG_GETARG_HEAPTUPLEHEADER(0);
	HeapTupleData tuple = { .t_len = HeapTupleHeaderGetDatumLength(header), .t_data = header };
	TupleDesc desc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header),
											HeapTupleHeaderGetTypMod(header));
	EntryRow row;

	read_composite(row_type_map(fcinfo, desc), desc, &tuple, &row);
	ReleaseTupleDesc(desc);
	body_require(&row);
	PG_RETURN_TEXT_P(body_of(&row));
}

/*
 * body(match_id, seq, op, ...) RETURNS text.  It takes the columns one by one, so it does
 * not depend on their names in the table, or on other columns of the table.  Relays read
 * the log with it: a row that was changed by force must not prevent them from reading others.
 */
Datum
commentary_body(PG_FUNCTION_ARGS)
{
	EntryRow row;

	arguments_read(fcinfo, &row);
	if (!has_place(&row))
		fail_not_whole();
	PG_RETURN_TEXT_P(body_of(&row));
}

static text *
body_of(const EntryRow *row)
{
	StringInfoData json;

	initStringInfo(&json);
	body_append(&json, row);
	return cstring_to_text_with_len(json.data, json.len);
}

/* Made once for a statement, and again when the row type changes meanwhile. */
static const ColumnMap *
row_type_map(FunctionCallInfo fcinfo, TupleDesc desc)
{
	RowTypeMap *known = fcinfo->flinfo->fn_extra;
	uint64 generation = assign_record_type_identifier(desc->tdtypeid, desc->tdtypmod);

	if (known == NULL)
		fcinfo->flinfo->fn_extra = known =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(RowTypeMap));
	if (known->generation != generation)
	{
		known->generation = 0;
		column_map_row_type(MAP_LOG, desc, &known->map);
		known->generation = generation;
	}
	return &known->map;
}

static void
read_composite(const ColumnMap *map, TupleDesc desc, HeapTuple tuple, EntryRow *row)
{
	Datum values[MaxHeapAttributeNumber];
	bool isnull[MaxHeapAttributeNumber];

	heap_deform_tuple(tuple, desc, values, isnull);
	column_map_read(map, values, isnull, row);
}

static bool
has_place(const EntryRow *row)
{
	return !row->isnull[COL_MATCH_ID] && !row->isnull[COL_SEQ] && !row->isnull[COL_OP] &&
		   !row->isnull[COL_CREATED_AT];
}

bool
body_is_whole(const EntryRow *row)
{
	if (!has_place(row) || (row->isnull[COL_METADATA] && text_is(row->values[COL_OP], OP_MATCH)))
		return false;
	return row->isnull[COL_TAGS] ||
		   !array_contains_nulls(DatumGetArrayTypeP(row->values[COL_TAGS]));
}

void
body_require(const EntryRow *row)
{
	if (!body_is_whole(row))
		fail_not_whole();
}

static void
fail_not_whole(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("this is not an entry of the log"),
			 errdetail("A value that every entry has is null."),
			 errhint("Give rows of commentary.entry.")));
}

void
body_append_integer(StringInfo json, const char *name, int64 value)
{
	char digits[MAXINT8LEN + 1];

	append_name(json, name);
	appendBinaryStringInfo(json, digits, pg_lltoa(value, digits));
}

void
body_append_text(StringInfo json, const char *name, Datum value)
{
	char *unescaped = TextDatumGetCString(value);

	append_name(json, name);
	escape_json(json, unescaped);
	pfree(unescaped);
}

/*
 * Only a change by force stores a time that RFC 3339 cannot write.  One such entry must not
 * keep viewers from all others, so they get the nearest time.
 */
static void
split_time(TimestampTz value, struct pg_tm *tm, fsec_t *fsec)
{
	if (timestamp2tm(value_nearest_time(value), NULL, tm, fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
}

/* RFC 3339 in UTC, whatever the session's TimeZone is. */
void
body_append_time(StringInfo json, const char *name, TimestampTz value)
{
	struct pg_tm tm;
	fsec_t fsec;
	char buffer[MAXDATELEN + 1];

	split_time(value, &tm, &fsec);
	EncodeDateTime(&tm, fsec, false, 0, NULL, USE_XSD_DATES, buffer);
	append_name(json, name);
	appendStringInfo(json, "\"%sZ\"", buffer);
}

/*
 * The same, always with six digits of a second: viewers compare the times of entries as text,
 * and parsers of one fixed format read them. The times of a state keep their form, because
 * states of the log are compared with the state as it would be written today.
 */
static void
append_entry_time(StringInfo json, const char *name, TimestampTz value)
{
	struct pg_tm tm;
	fsec_t fsec;
	char buffer[MAXDATELEN + 1];

	split_time(value, &tm, &fsec);
	EncodeDateTime(&tm, 0, false, 0, NULL, USE_XSD_DATES, buffer);
	append_name(json, name);
	appendStringInfo(json, "\"%s.%06dZ\"", buffer, fsec);
}

static void
append_commentary(StringInfo json, const EntryRow *row)
{
	bool is_cleared[NUM_ENTRY_COLUMNS + 1] = { false };

	appendStringInfoString(json, "{\"type\":\"commentary\"");
	append_match(json, DatumGetInt64(row->values[COL_MATCH_ID]));
	find_cleared(row, is_cleared);
	for (int i = COL_MATCH_ID + 1; i < NUM_ENTRY_COLUMNS; i++)
	{
		if (!row->isnull[i])
			append_value(json, &entry_columns[i], row->values[i]);
		else if (is_cleared[i])
			append_null(json, entry_columns[i].name);
	}
	appendStringInfoChar(json, '}');
}

/* What an amendment takes away. */
static void
find_cleared(const EntryRow *row, bool *is_cleared)
{
	Datum *names;
	bool *nulls;
	int count;

	if (row->isnull[COL_CLEAR])
		return;
	deconstruct_array(DatumGetArrayTypeP(row->values[COL_CLEAR]), TEXTOID, -1, false,
					  TYPALIGN_INT, &names, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		text *name = nulls[i] ? NULL : DatumGetTextPP(names[i]);

		if (name != NULL)
			is_cleared[column_to_clear(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name))] = true;
	}
}

static void
append_null(StringInfo json, const char *name)
{
	append_name(json, name);
	appendStringInfoString(json, "null");
}

static void
append_value(StringInfo json, const Column *column, Datum value)
{
	switch (column->form)
	{
		case FORM_NONE:
			break;
		case FORM_INTEGER:
			body_append_integer(json, column->name, integer_of(column->type, value));
			break;
		case FORM_TEXT:
			body_append_text(json, column->name, value);
			break;
		case FORM_TEXTS:
			append_texts(json, column->name, value);
			break;
		case FORM_JSON:
			body_append_jsonb(json, column->name, value);
			break;
		case FORM_TIME:
			append_entry_time(json, column->name, DatumGetTimestampTz(value));
			break;
	}
}

static int64
integer_of(Oid type, Datum value)
{
	switch (type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		default:
			return DatumGetInt64(value);
	}
}

/* Only the lobby tells of a new match: the match's own log begins with a state like any other. */
static void
append_state(StringInfo json, const EntryRow *row)
{
	int64 match_id = DatumGetInt64(row->values[COL_MATCH_ID]);
	bool is_new = match_id == LOBBY_MATCH_ID && !row->isnull[COL_KIND] &&
				  text_is(row->values[COL_KIND], KIND_CREATED);

	appendStringInfoString(json, is_new ? "{\"type\":\"match_created\"" : "{\"type\":\"match\"");
	append_match(json, match_id);
	body_append_integer(json, "seq", DatumGetInt64(row->values[COL_SEQ]));
	append_entry_time(json, "created_at", DatumGetTimestampTz(row->values[COL_CREATED_AT]));
	if (!row->isnull[COL_METADATA] && JB_ROOT_IS_OBJECT(DatumGetJsonbP(row->values[COL_METADATA])))
		body_append_jsonb(json, "state", row->values[COL_METADATA]);
	else /* by force alone: viewers read an object */
		body_append_jsonb(json, "state", DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")));
	appendStringInfoChar(json, '}');
}

static void
append_match(StringInfo json, int64 match_id)
{
	if (match_id == LOBBY_MATCH_ID)
		appendStringInfoString(json, ",\"match\":\"lobby\"");
	else
		body_append_integer(json, "match", match_id);
}

static void
append_name(StringInfo json, const char *name)
{
	if (json->len > 0 && json->data[json->len - 1] != '{')
		appendStringInfoChar(json, ',');
	appendStringInfoChar(json, '"');
	appendStringInfoString(json, name);
	appendStringInfoString(json, "\":");
}

static void
append_texts(StringInfo json, const char *name, Datum value)
{
	Datum *texts;
	bool *nulls;
	int count;

	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &texts,
					  &nulls, &count);
	append_name(json, name);
	appendStringInfoChar(json, '[');
	for (int i = 0; i < count; i++)
	{
		if (nulls[i]) /* by force alone */
			continue;
		if (json->data[json->len - 1] != '[')
			appendStringInfoChar(json, ',');
		escape_json(json, TextDatumGetCString(texts[i]));
	}
	appendStringInfoChar(json, ']');
}

void
body_append_jsonb(StringInfo json, const char *name, Datum value)
{
	Jsonb *jsonb = DatumGetJsonbP(value);
	char *object = JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));

	append_name(json, name);
	appendStringInfoString(json, object);
	pfree(object);
}

static bool
text_is(Datum value, const char *word)
{
	text *packed = DatumGetTextPP(value);

	return VARSIZE_ANY_EXHDR(packed) == strlen(word) &&
		   memcmp(VARDATA_ANY(packed), word, strlen(word)) == 0;
}
