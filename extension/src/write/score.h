/*
 * score.h
 *		The score of a match follows the line that carries it.
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
	int count; /* 0: the line changes nothing */
} ScoreMove;

/*
 * Call it before a validated row is put (pending_put()).  Finds what the row changes in the
 * score of its match; nothing if commentary.score_follows is off.  seq: the entry of the log
 * that has the row's client_ref already, or 0.  A NOTICE says when the score of the row is
 * not taken over.  The values point into the row or into the current memory context.
 */
extern void score_decide(const EntryRow *row, int64 seq, ScoreMove *move);

/*
 * UPDATE commentary.match.  Call it after the row is put, so that the line comes before the
 * change of the state in the log.
 */
extern void score_move(const ScoreMove *move);

#endif /* COMMENTARY_SCORE_H */
