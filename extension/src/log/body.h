/*
 * body.h
 *		An entry as the JSON that viewers get (relay/PROTOCOL.md, "An entry").
 *
 * There is one writer of it, so that a notification and a read of the table
 * give the same bytes.
 */
#ifndef COMMENTARY_BODY_H
#define COMMENTARY_BODY_H

#include "lib/stringinfo.h"
#include "utils/timestamp.h"

#include "tables/columns.h"

/*
 * Appends the whole object of a row that body_require() lets pass, on one line, in
 * the encoding of the database.
 */
extern void body_append(StringInfo json, const EntryRow *row);

/*
 * ERROR for what has no body.  A row of the log is complete; one that was put
 * together in SQL, with ROW(...), or that a trigger has changed, need not be.
 */
extern void body_require(const EntryRow *row);

/* Does body_require() let it pass? */
extern bool body_is_whole(const EntryRow *row);

/* Append one member, with a comma before it unless the object is still empty. */
extern void body_append_integer(StringInfo json, const char *name, int64 value);
extern void body_append_text(StringInfo json, const char *name, Datum value);
extern void body_append_jsonb(StringInfo json, const char *name, Datum value);
extern void body_append_time(StringInfo json, const char *name, TimestampTz value);

#endif /* COMMENTARY_BODY_H */
