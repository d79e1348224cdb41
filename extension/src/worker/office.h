/*
 * office.h
 *		Which process is the flusher of a database: at most one.
 */
#ifndef COMMENTARY_OFFICE_H
#define COMMENTARY_OFFICE_H

#include "shared/shared.h"

/*
 * Does the database have the extension?  If not, the launcher starts no other flusher, and the
 * clients that wait for the flush of staged rows are told that these rows are lost.
 */
extern bool office_has_extension(void);

/*
 * Makes this process the flusher of the database, until it ends.  False when the database has a
 * flusher already, or may have none at the moment.
 */
extern bool office_take(DatabaseState *db);

#endif /* COMMENTARY_OFFICE_H */
