/*
 * value.h
 *		Checks of single values, for the columns of commentary.match and of the
 *		feed alike.
 */
#ifndef COMMENTARY_VALUE_H
#define COMMENTARY_VALUE_H

#include "utils/jsonb.h"
#include "utils/timestamp.h"

/* Numbers are JSON's: beyond this, a viewer's language reads two of them as the same. */
#define MAX_WHOLE_NUMBER INT64CONST(9007199254740991)

/* What a text may be. */
typedef struct TextRule
{
	int max_bytes;
	bool may_break;	  /* several lines; false: a name, in one line */
	const char *cure; /* the hint for a blank one; NULL: it may be left null */
} TextRule;

/*
 * For the columns of commentary.match and the feed alike: ERROR unless the text
 * has an equivalent in UTF-8, shows something, is not too long, and has no control
 * characters.  A name is one line: nothing in it may break the line, or turn the
 * direction of text; otherwise newline and tab are let through.  relation and column
 * name where it stands.
 */
extern void value_check_text(const char *relation, const char *column, Datum value,
							 TextRule rule);

/* Is it '', which forms send for an empty field? */
extern bool value_is_empty(Datum value);

/*
 * ERROR unless JSON is an object or an array, as wanted, and at most max_bytes as text,
 * which viewers get; and unless each number in it is one that every language reads alike.
 */
extern void value_check_json(const char *relation, const char *column, Jsonb *json,
							 bool is_array, size_t max_bytes);

/* The same text in UTF-8 (encoding.h), and its length; ERROR when it has none. */
extern const char *value_as_utf8(const char *relation, const char *column, const char *bytes,
								 int *len);

/* A text with a newline where it has the CR LF of Windows; the same one when it has none. */
extern Datum value_with_newlines(Datum value);

/* ERROR unless RFC 3339, in which viewers get it, can write this time. */
extern void value_check_time(const char *relation, const char *column, TimestampTz value);

/* The same time, or the nearest that RFC 3339 can write. */
extern TimestampTz value_nearest_time(TimestampTz value);

/* The beginning of a text, whole characters, to quote in an error; palloc'd. */
extern char *value_excerpt(const text *value);

/*
 * For ereport(): names the column of one of our relations, in the fields of the
 * error that drivers read.
 */
extern int value_column_context(const char *relation, const char *column);

#endif /* COMMENTARY_VALUE_H */
