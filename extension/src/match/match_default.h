/*
 * match_default.h
 *		What a new match gets where null was given.
 */
#ifndef COMMENTARY_MATCH_DEFAULT_H
#define COMMENTARY_MATCH_DEFAULT_H

#include "match/match_row.h"

/*
 * The row with the table's default for number, sport, status and moment where it has null: itself,
 * when it has all of them.  For an INSERT, before its values are checked.
 */
extern HeapTuple match_default_fill(Relation match, MatchRow row);

#endif /* COMMENTARY_MATCH_DEFAULT_H */
