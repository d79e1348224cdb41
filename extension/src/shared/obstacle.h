/*
 * obstacle.h
 *		What is in the flusher's way, as it tells it itself.
 */
#ifndef COMMENTARY_OBSTACLE_H
#define COMMENTARY_OBSTACLE_H

#include "storage/lockdefs.h"

#include "shared/shared.h"

/*
 * Locks a relation if that is possible at once, to the end of the transaction.
 * Otherwise notes the processes in the way: ERROR (lock_not_available), after
 * which the flusher tries again.  For the flusher only.
 */
extern void obstacle_lock_relation(DatabaseState *db, Oid relation, LOCKMODE mode);

/* An attempt has failed; the newest error counts, and the time of the first. */
extern void obstacle_note_error(DatabaseState *db, const ErrorData *error);

/* The launcher has no worker process for a flusher. */
extern void obstacle_note_no_worker(DatabaseState *db);

/* Nothing is in the way any more. */
extern void obstacle_clear(DatabaseState *db);

/* A copy of what is known; its kind may be OBSTACLE_NONE. */
extern Obstacle obstacle_read(DatabaseState *db);

#endif /* COMMENTARY_OBSTACLE_H */
