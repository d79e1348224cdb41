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

/*
 * The match was inserted or updated (old.tuple NULL: inserted): if that has changed who
 * translates what, all matches concerned get their alternates anew.
 */
extern void translation_list(Relation match, MatchRow row, MatchRow old);

/* A translation of this original was removed. */
extern void translation_list_of(Relation match, int64 original);

/* Is one of these two under way?  Nobody else changes alternates. */
extern bool translation_is_listing(void);

#endif /* COMMENTARY_TRANSLATION_H */
