/*
 * rotation.h
 *		The rings of staging segments: writers move on to the next segment, and drained
 *		segments are emptied.
 */
#ifndef COMMENTARY_ROTATION_H
#define COMMENTARY_ROTATION_H

#include "shared/shared.h"

/* Has the last scan found a segment that is full, or one to be emptied? */
extern bool rotation_is_due(DatabaseState *db);

/*
 * Moves writers on to an empty segment when theirs is full, and empties drained segments.
 * Runs a transaction of its own; never waits for a lock.
 */
extern void rotation_turn(DatabaseState *db);

#endif /* COMMENTARY_ROTATION_H */
