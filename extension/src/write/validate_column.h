/*
 * validate_column.h
 *		Checks one column of a row, without regard to its other columns.
 */
#ifndef COMMENTARY_VALIDATE_COLUMN_H
#define COMMENTARY_VALIDATE_COLUMN_H

#include "tables/columns.h"

#define FEED "feed"

/* Fails the row: for one column of commentary.feed. */
#define fail_column(column_name, ...) \
	ereport(ERROR, (value_column_context(FEED, (column_name)), __VA_ARGS__))

/* ERROR when the column, which is not null, may not have this value or not with this op. */
extern void validate_column(const EntryRow *row, EntryColumn number, Operation operation);

#endif /* COMMENTARY_VALIDATE_COLUMN_H */
