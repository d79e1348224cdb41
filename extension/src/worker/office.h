/*
 * office.h
 *		Which process is the flusher of a database: at most one.
 */
#ifndef COMMENTARY_OFFICE_H
#define COMMENTARY_OFFICE_H

#include "shared/shared.h"

/*
 * False when the extension is not there; then the launcher starts no other flusher,
 * and the clients that wait for the flush of staged rows are told that they are lost.
 */
extern bool office_has_extension(void);

/*
 * This process becomes the flusher, until it ends.  False when the database has a
 * flusher already, or may have none now.
 */
extern bool office_take(DatabaseState *db);

#endif /* COMMENTARY_OFFICE_H */
