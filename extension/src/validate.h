/*
 * validate.h
 *		What may be staged.
 */
#ifndef COMMENTARY_VALIDATE_H
#define COMMENTARY_VALIDATE_H

#include "utils/timestamp.h"

#include "columns.h"

/*
 * Checks a row that a client wrote, and fills in what it may leave out (op,
 * kind, created_at).  ERROR with SQLSTATE, column, detail and hint when it may
 * not be staged; nothing has been stored then.
 */
extern void validate_row(EntryRow *row);

/*
 * For the columns of commentary.match and the feed alike: ERROR unless the text
 * is valid UTF-8, not blank, at most max_bytes long, and without control
 * characters (newline and tab are let through where may_break is true).
 * relation and column name where it stands.
 */
extern void validate_text(const char *relation, const char *column, Datum value,
						  int max_bytes, bool may_break);

/* ERROR unless a viewer can be told this moment. */
extern void validate_time(const char *relation, const char *column, TimestampTz value);

/* The beginning of a text, whole characters, to quote in an error; palloc'd. */
extern char *validate_excerpt(const text *value);

/*
 * For ereport(): names the column of one of our relations, in the fields of the
 * error that drivers read.
 */
extern int validate_column_context(const char *relation, const char *column);

#endif /* COMMENTARY_VALIDATE_H */
