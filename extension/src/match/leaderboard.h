/*
 * leaderboard.h
 *		Checks commentary.match.leaderboard: the order in a race or a tournament.
 */
#ifndef COMMENTARY_LEADERBOARD_H
#define COMMENTARY_LEADERBOARD_H

#include "utils/jsonb.h"

/* ERROR unless each row of the array can be shown to viewers, and has a name. */
extern void leaderboard_check(Jsonb *leaderboard);

#endif /* COMMENTARY_LEADERBOARD_H */
