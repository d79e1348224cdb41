/*
 * translation.h
 *		The translations of a match: matches of their own, with its score.
 */
#ifndef COMMENTARY_TRANSLATION_H
#define COMMENTARY_TRANSLATION_H

#include "match/match_row.h"
#include "utils/rel.h"

/* The match was updated: its translations get what needs no words of theirs. */
extern void translation_follow(Relation match, MatchRow row);

#endif /* COMMENTARY_TRANSLATION_H */
