/*
 * rotation.h
 *		The ring of staging segments: writers move on, the drained is emptied.
 */
#ifndef COMMENTARY_ROTATION_H
#define COMMENTARY_ROTATION_H

#include "shared/shared.h"

/* Did the last scan show anything for a turn to do? */
extern bool rotation_is_due(DatabaseState *db);

/*
 * Moves writers on to an empty segment when theirs is full, and empties those
 * that are drained.  Runs a transaction of its own; never waits for a lock.
 */
extern void rotation_turn(DatabaseState *db);

#endif /* COMMENTARY_ROTATION_H */
