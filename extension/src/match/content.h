/*
 * content.h
 *		What a row says of the event: compared, and as a digest.
 */
#ifndef COMMENTARY_CONTENT_H
#define COMMENTARY_CONTENT_H

#include "tables/columns.h"

/* Of all that the row says of the event; of how it is named and placed, nothing. */
extern int64 content_digest(const EntryRow *row);

/* Has the column values that fit into a Datum?  Not asked of the catalogs: each row comes here. */
extern bool content_is_by_value(EntryColumn column);

extern bool content_is_equal(const EntryRow *left, const EntryRow *right, EntryColumn column);

#endif /* COMMENTARY_CONTENT_H */
