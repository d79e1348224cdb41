/*
 * obstacle.h
 *		What the flusher waits for: it notes this itself.
 */
#ifndef COMMENTARY_OBSTACLE_H
#define COMMENTARY_OBSTACLE_H

#include "storage/lockdefs.h"

#include "shared/shared.h"

/*
 * Locks a relation to the end of the transaction, if that is possible at once.
 * Otherwise notes the processes that block it, and raises ERROR (lock_not_available);
 * then the flusher tries again.  For the flusher only.
 */
extern void obstacle_lock_relation(DatabaseState *db, Oid relation, LOCKMODE mode);

/* An attempt has failed.  The newest error is kept, with the time of the first. */
extern void obstacle_note_error(DatabaseState *db, const ErrorData *error);

/* The launcher has no worker process for a flusher. */
extern void obstacle_note_no_worker(DatabaseState *db);

/* The flusher does not wait any more. */
extern void obstacle_clear(DatabaseState *db);

/* A copy of the obstacle; its kind may be OBSTACLE_NONE. */
extern Obstacle obstacle_read(DatabaseState *db);

#endif /* COMMENTARY_OBSTACLE_H */
