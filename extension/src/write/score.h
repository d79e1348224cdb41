/*
 * score.h
 *		The score of a match follows the line that says it.
 */
#ifndef COMMENTARY_SCORE_H
#define COMMENTARY_SCORE_H

#include "match/match.h"
#include "tables/columns.h"

/* What a line changes in commentary.match. */
typedef struct ScoreMove
{
	int64 match_id;
	EntryColumn columns[2 * NUM_SIDES]; /* a column of the match has the same name */
	Datum values[2 * NUM_SIDES];
	bool isnull[2 * NUM_SIDES];
	int count; /* 0: nothing */
} ScoreMove;

/*
 * Before a validated row is put: what it changes in the score of its match, if
 * commentary.score_follows.  seq is that of the entry which has the row's client_ref in the
 * log already, or 0.  A NOTICE tells of a score that is not followed.  The values are those
 * of the row, or in the current memory context.
 */
extern void score_decide(const EntryRow *row, int64 seq, ScoreMove *move);

/* When it is put, so that the entry stands before the state: UPDATE commentary.match. */
extern void score_move(const ScoreMove *move);

#endif /* COMMENTARY_SCORE_H */
