/*
 * content.h
 *		What a row says of the event: compared, and as a digest.
 */
#ifndef COMMENTARY_CONTENT_H
#define COMMENTARY_CONTENT_H

#include "tables/columns.h"

/* A digest of what the row says of the event. Its key and its place do not count. */
extern int64 content_digest(const EntryRow *row);

/* Is the type passed by value?  Known here: to ask the catalogs for each row costs too much. */
extern bool content_is_by_value(EntryColumn column);

extern bool content_is_equal(const EntryRow *left, const EntryRow *right, EntryColumn column);

#endif /* COMMENTARY_CONTENT_H */
