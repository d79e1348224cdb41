/*
 * value.c
 *		Checks of single values, for the columns of commentary.match and of the
 *		feed alike.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "base/characters.h"
#include "base/compat.h"
#include "base/encoding.h"
#include "base/value.h"

#define MAX_EXCERPT_BYTES 32

/* The years 1 to 9999, which RFC 3339 can write. */
#define MIN_TIME ((date2j(1, 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY)
#define END_TIME ((date2j(10000, 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY)

static void check_length(const char *relation, const char *column, int len, TextRule rule);
static void check_json_text(const char *relation, const char *column, Jsonb *json,
							size_t max_bytes);
static void check_json_numbers(const char *relation, const char *column, Jsonb *json);
static void check_characters(const char *relation, const char *column, const char *utf8, int len,
							 TextRule rule);
static void check_character(const char *relation, const char *column, uint32 character, int at,
							bool may_break);
static void fail_blank(const char *relation, const char *column, TextRule rule);
static void fail_control(const char *relation, const char *column, uint32 character, int at,
						 bool may_break);
static void fail_line(const char *relation, const char *column, uint32 character, int at);

void
value_check_text(const char *relation, const char *column, Datum value, TextRule rule)
{
	text *packed = DatumGetTextPP(value);
	int len = VARSIZE_ANY_EXHDR(packed);
	const char *utf8;

	check_length(relation, column, len, rule);
	utf8 = value_as_utf8(relation, column, VARDATA_ANY(packed), &len);
	check_characters(relation, column, utf8, len, rule);
	if (utf8 != VARDATA_ANY(packed))
		pfree(unconstify(char *, utf8));
}

const char *
value_as_utf8(const char *relation, const char *column, const char *bytes, int *len)
{
	int given = *len;
	const char *utf8 = encoding_to_utf8(bytes, given, len);

	if (utf8 != NULL)
		return utf8;
	if (GetDatabaseEncoding() == PG_SQL_ASCII)
		ereport(ERROR,
				(value_column_context(relation, column),
				 errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("%s is not valid UTF-8", column),
				 errdetail("The encoding of this database is SQL_ASCII, which converts nothing."),
				 errhint("Send UTF-8.")));
	ereport(ERROR,
			(value_column_context(relation, column),
			 errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
			 errmsg("%s has a character without an equivalent in UTF-8", column),
			 errdetail("Byte %d of it, 0x%02x, begins one. The encoding of this database is %s, and viewers get UTF-8.",
					   *len + 1, (unsigned char) bytes[Min(*len, given - 1)],
					   GetDatabaseEncodingName()),
			 errhint("Write it in other characters.")));
	return NULL; /* not reached */
}

Datum
value_with_newlines(Datum value)
{
	text *given = DatumGetTextPP(value);
	const char *bytes = VARDATA_ANY(given);
	int len = VARSIZE_ANY_EXHDR(given);
	text *result;
	char *end;

	if (memchr(bytes, '\r', len) == NULL)
		return value;
	result = palloc(VARHDRSZ + len);
	end = VARDATA(result);
	for (int i = 0; i < len; i++)
	{
		if (bytes[i] != '\r' || i + 1 == len || bytes[i + 1] != '\n')
			*end++ = bytes[i];
	}
	SET_VARSIZE(result, end - (char *) result);
	return PointerGetDatum(result);
}

bool
value_is_empty(Datum value)
{
	return VARSIZE_ANY_EXHDR(DatumGetTextPP(value)) == 0;
}

void
value_check_json(const char *relation, const char *column, Jsonb *json, bool is_array,
				 size_t max_bytes)
{
	bool is_right = is_array ? JB_ROOT_IS_ARRAY(json) && !JB_ROOT_IS_SCALAR(json)
							 : JB_ROOT_IS_OBJECT(json);

	if (!is_right)
		ereport(ERROR,
				(value_column_context(relation, column),
				 errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("%s is not a JSON %s", column, is_array ? "array" : "object"),
				 errdetail("It is %s.", is_array ? "an object, or a single value" : "an array, or a single value"),
				 errhint("Wrap it, as in %s.", is_array ? "[{\"rank\": 1, \"name\": …}]" : "{\"value\": …}")));
	check_json_text(relation, column, json, max_bytes);
	check_json_numbers(relation, column, json);
}

/*
 * The limit is for the text, which viewers get: 1e100000 takes a few bytes as jsonb, and
 * 100,001 as text.
 */
static void
check_json_text(const char *relation, const char *column, Jsonb *json, size_t max_bytes)
{
	char *written = JsonbToCString(NULL, &json->root, VARSIZE(json));
	size_t size = strlen(written);
	int len = size;

	if (size > max_bytes)
		ereport(ERROR,
				(value_column_context(relation, column),
				 errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("%s is too large", column),
				 errdetail("As text it has %zu bytes, and at most %zu are allowed.", size, max_bytes),
				 errhint("Keep what viewers need, and the rest in a table of your own.")));
	(void) value_as_utf8(relation, column, written, &len);
	pfree(written);
}

/* JavaScript has 53 bits for a number, and drops the others silently. */
static void
check_json_numbers(const char *relation, const char *column, Jsonb *json)
{
	Datum largest = DirectFunctionCall1(int8_numeric, Int64GetDatum(MAX_WHOLE_NUMBER));
	JsonbIterator *iterator = JsonbIteratorInit(&json->root);
	JsonbIteratorToken token;
	JsonbValue value;

	while ((token = JsonbIteratorNext(&iterator, &value, false)) != WJB_DONE)
	{
		Datum number;

		if ((token != WJB_VALUE && token != WJB_ELEM) || value.type != jbvNumeric)
			continue;
		number = NumericGetDatum(value.val.numeric);
		if (DatumGetBool(DirectFunctionCall2(numeric_gt,
											 DirectFunctionCall1(numeric_abs, number), largest)))
			ereport(ERROR,
					(value_column_context(relation, column),
					 errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("a number in %s is too large", column),
					 errdetail("It is %.40s; beyond " INT64_FORMAT ", JavaScript and others read another number than the one that is written.",
							   DatumGetCString(DirectFunctionCall1(numeric_out, number)),
							   MAX_WHOLE_NUMBER),
					 errhint("Write it as a text, in quotes.")));
	}
}

void
value_check_time(const char *relation, const char *column, TimestampTz value)
{
	if (value < MIN_TIME || value >= END_TIME)
		ereport(ERROR,
				(value_column_context(relation, column),
				 errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("%s is out of range", column),
				 errdetail("It must lie in the years 1 to 9999 of UTC: others, and infinity, have no form that viewers understand."),
				 errhint("Give the moment it stands for, or leave %s out.", column)));
}

TimestampTz
value_nearest_time(TimestampTz value)
{
	if (value < MIN_TIME)
		return MIN_TIME;
	return value < END_TIME ? value : END_TIME - 1;
}

char *
value_excerpt(const text *value)
{
	int encoding = GetDatabaseEncoding() == PG_SQL_ASCII ? PG_UTF8 : GetDatabaseEncoding();
	const char *bytes = VARDATA_ANY(value);

	return pnstrdup(bytes, pg_encoding_mbcliplen(encoding, bytes, VARSIZE_ANY_EXHDR(value),
												 MAX_EXCERPT_BYTES));
}

int
value_column_context(const char *relation, const char *column)
{
	err_generic_string(PG_DIAG_SCHEMA_NAME, "commentary");
	err_generic_string(PG_DIAG_TABLE_NAME, relation);
	return err_generic_string(PG_DIAG_COLUMN_NAME, column);
}

static void
check_length(const char *relation, const char *column, int len, TextRule rule)
{
	if (len > rule.max_bytes)
		ereport(ERROR,
				(value_column_context(relation, column),
				 errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
				 errmsg("%s is too long", column),
				 errdetail("It has %d bytes, and at most %d are allowed.", len, rule.max_bytes),
				 rule.may_break ? errhint("Shorten it, or write it as several entries.")
								: errhint("Shorten it.")));
}

static void
check_characters(const char *relation, const char *column, const char *utf8, int len,
				 TextRule rule)
{
	bool is_blank = true;
	int length;

	for (int i = 0; i < len && is_blank; i += length)
		is_blank = character_is_invisible(encoding_decode(&utf8[i], &length));
	if (is_blank)
		fail_blank(relation, column, rule);
	for (int i = 0; i < len; i += length)
	{
		length = 1;
		if (unlikely(utf8[i] < 0x20 || utf8[i] >= 0x7f)) /* signed: the others too */
			check_character(relation, column, encoding_decode(&utf8[i], &length), i + 1,
							rule.may_break);
	}
}

static void
check_character(const char *relation, const char *column, uint32 character, int at,
				bool may_break)
{
	if (character_is_control(character))
	{
		if (!may_break || (character != '\n' && character != '\t'))
			fail_control(relation, column, character, at, may_break);
	}
	else if (!may_break && (character_turns_text(character) || character_breaks_line(character)))
		fail_line(relation, column, character, at);
}

static void
fail_blank(const char *relation, const char *column, TextRule rule)
{
	ereport(ERROR,
			(value_column_context(relation, column),
			 errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("%s is blank", column),
			 errdetail("It is empty, or has only spaces and other characters that do not show."),
			 rule.cure != NULL ? errhint("%s", rule.cure)
							   : errhint("Give a text, or leave %s null.", column)));
}

static void
fail_control(const char *relation, const char *column, uint32 character, int at, bool may_break)
{
	ereport(ERROR,
			(value_column_context(relation, column),
			 errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("%s has a control character", column),
			 errdetail("Byte %d of it, as UTF-8, begins U+%04X.", at, character),
			 may_break
				 ? errhint("Remove it; of the control characters only newline and tab are allowed.")
				 : errhint("Remove it; %s is one line of text.", column)));
}

static void
fail_line(const char *relation, const char *column, uint32 character, int at)
{
	ereport(ERROR,
			(value_column_context(relation, column),
			 errcode(ERRCODE_CHECK_VIOLATION),
			 character_turns_text(character)
				 ? errmsg("%s has a character that turns the direction of text", column)
				 : errmsg("%s has a line break", column),
			 errdetail("Byte %d of it, as UTF-8, begins U+%04X. It would turn or break what stands beside it on the page.",
					   at, character),
			 errhint("Remove it; %s is one line of text, and letters have a direction of their own.", column)));
}
