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
 * is valid UTF-8, not blank, at most max_bytes long, and without control
 * characters (newline and tab are let through where may_break is true).
 * relation and column name where it stands.
 */
extern void value_check_text(const char *relation, const char *column, Datum value,
							 int max_bytes, bool may_break);

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
