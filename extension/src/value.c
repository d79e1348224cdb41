/*
 * value.c
 *		Checks of single values, for the columns of commentary.match and of the
 *		feed alike.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "value.h"

#define MAX_EXCERPT_BYTES 32

/* The years 1 to 9999, which RFC 3339 can write. */
#define MIN_TIME ((date2j(1, 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY)
#define END_TIME ((date2j(10000, 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY)

static const char *find_control_character(const char *bytes, int len, bool may_break);
static bool is_blank(const char *bytes, int len);

void
value_check_text(const char *relation, const char *column, Datum value, int max_bytes,
				 bool may_break)
{
	text *packed = DatumGetTextPP(value);
	const char *bytes = VARDATA_ANY(packed);
	int len = VARSIZE_ANY_EXHDR(packed);
	const char *control;

	if (len > max_bytes)
		ereport(ERROR,
				(value_column_context(relation, column),
				 errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
				 errmsg("%s is too long", column),
				 errdetail("It has %d bytes, and at most %d are allowed.", len, max_bytes),
				 errhint("Shorten it, or write it as several entries.")));

	/* An SQL_ASCII database lets any byte in; viewers must get valid UTF-8. */
	if (GetDatabaseEncoding() == PG_SQL_ASCII && !pg_verify_mbstr(PG_UTF8, bytes, len, true))
		ereport(ERROR,
				(value_column_context(relation, column),
				 errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("%s is not valid UTF-8", column),
				 errdetail("The encoding of this database is SQL_ASCII, which converts nothing."),
				 errhint("Send UTF-8.")));

	if (is_blank(bytes, len))
		ereport(ERROR,
				(value_column_context(relation, column),
				 errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("%s is blank", column),
				 errdetail("It is empty, or has only spaces, tabs and newlines."),
				 errhint("Give a text, or leave %s null.", column)));

	control = find_control_character(bytes, len, may_break);
	if (control != NULL)
		ereport(ERROR,
				(value_column_context(relation, column),
				 errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("%s has a control character", column),
				 errdetail("Byte %d of it begins the character 0x%02x.",
						   (int) (control - bytes) + 1, (unsigned char) *control),
				 may_break
					 ? errhint("Remove it; of the control characters only newline and tab are allowed.")
					 : errhint("Remove it; %s is one line of text.", column)));
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

/*
 * The first control character that may not stand in a text, or NULL: C0 (but
 * newline and tab, where allowed), DEL, and in UTF-8 also C1, U+0080 to U+009F.
 */
static const char *
find_control_character(const char *bytes, int len, bool may_break)
{
	bool is_utf8 = GetDatabaseEncoding() == PG_UTF8 ||
				   GetDatabaseEncoding() == PG_SQL_ASCII;

	for (int i = 0; i < len; i++)
	{
		unsigned char byte = (unsigned char) bytes[i];

		if (byte < 0x20 && !(may_break && (byte == '\n' || byte == '\t')))
			return &bytes[i];
		if (byte == 0x7f)
			return &bytes[i];
		if (is_utf8 && byte == 0xc2 && i + 1 < len && (unsigned char) bytes[i + 1] < 0xa0)
			return &bytes[i];
	}
	return NULL;
}

static bool
is_blank(const char *bytes, int len)
{
	for (int i = 0; i < len; i++)
	{
		if (bytes[i] != ' ' && bytes[i] != '\n' && bytes[i] != '\t')
			return false;
	}
	return true;
}
