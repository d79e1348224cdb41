/*
 * content.h
 *		Compares what rows say of an event, and makes a digest of it.
 */
#ifndef COMMENTARY_CONTENT_H
#define COMMENTARY_CONTENT_H

#include "tables/columns.h"

/* A digest of the columns with column_is_content(); its match, seq and the like do not count. */
extern int64 content_digest(const EntryRow *row);

/* Is the type passed by value?  Asking the catalogs for each row would cost too much. */
extern bool content_is_by_value(EntryColumn column);

extern bool content_is_equal(const EntryRow *left, const EntryRow *right, EntryColumn column);

#endif /* COMMENTARY_CONTENT_H */
