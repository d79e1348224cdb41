/*
 * start_up.h
 *		What a flusher does first: it deals with what earlier ones have left.
 */
#ifndef COMMENTARY_START_UP_H
#define COMMENTARY_START_UP_H

#include "shared/shared.h"

/*
 * Begins an epoch when that is due, flushes, and stages the states of matches that a
 * crash has kept from the log.  ERROR when that cannot be: then it is tried again.
 */
extern void start_up(DatabaseState *db);

#endif /* COMMENTARY_START_UP_H */
