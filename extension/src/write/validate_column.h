/*
 * validate_column.h
 *		What one column of a row may hold, whatever the others hold.
 */
#ifndef COMMENTARY_VALIDATE_COLUMN_H
#define COMMENTARY_VALIDATE_COLUMN_H

#include "tables/columns.h"

#define FEED "feed"

/* Fails the row: for one column of commentary.feed. */
#define fail_column(column_name, ...) \
	ereport(ERROR, (value_column_context(FEED, (column_name)), __VA_ARGS__))

/* Checks a column that is not null.  ERROR when it may not hold that, or not in this op. */
extern void validate_column(const EntryRow *row, EntryColumn number, Operation operation);

#endif /* COMMENTARY_VALIDATE_COLUMN_H */
