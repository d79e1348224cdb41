/*
 * start_up.h
 *		What a flusher does first: it handles what earlier flushers have left.
 */
#ifndef COMMENTARY_START_UP_H
#define COMMENTARY_START_UP_H

#include "shared/shared.h"

/*
 * Begins an epoch when one is due, flushes, and stages the states of matches that the log lacks
 * because of a crash.  ERROR when this fails; then call it again.
 */
extern void start_up(DatabaseState *db);

#endif /* COMMENTARY_START_UP_H */
