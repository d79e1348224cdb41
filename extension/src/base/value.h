/*
 * value.h
 *		Checks of single values, for the columns of commentary.match and of the
 *		feed alike.
 */
#ifndef COMMENTARY_VALUE_H
#define COMMENTARY_VALUE_H

#include "utils/timestamp.h"

/*
 * For the columns of commentary.match and the feed alike: ERROR unless the text
 * has an equivalent in UTF-8, shows something, is at most max_bytes long, and has no
 * control characters.  Where may_break is false it is a name, in one line: nothing
 * in it may break the line, or turn the direction of text; otherwise newline and
 * tab are let through.  relation and column name where it stands.
 */
extern void value_check_text(const char *relation, const char *column, Datum value,
							 int max_bytes, bool may_break);

/* The same text in UTF-8 (encoding.h), and its length; ERROR when it has none. */
extern const char *value_as_utf8(const char *relation, const char *column, const char *bytes,
								 int *len);

/* A text with a newline where it has the CR LF of Windows; the same one when it has none. */
extern Datum value_with_newlines(Datum value);

/* ERROR unless a viewer can be told this moment. */
extern void value_check_time(const char *relation, const char *column, TimestampTz value);

/* The beginning of a text, whole characters, to quote in an error; palloc'd. */
extern char *value_excerpt(const text *value);

/*
 * For ereport(): names the column of one of our relations, in the fields of the
 * error that drivers read.
 */
extern int value_column_context(const char *relation, const char *column);

#endif /* COMMENTARY_VALUE_H */
