/*
 * translation.h
 *		Translations: matches that share the score of their original.
 */
#ifndef COMMENTARY_TRANSLATION_H
#define COMMENTARY_TRANSLATION_H

#include "match/match_row.h"
#include "utils/rel.h"

/* The match was updated: copies the columns that are not words into its translations. */
extern void translation_follow(Relation match, MatchRow row);

/*
 * The match was inserted (old.tuple is NULL) or updated.  If translation_of or lang has changed,
 * updates alternates in all matches concerned.
 */
extern void translation_list(Relation match, MatchRow row, MatchRow old);

/* Updates alternates in this original and its translations. */
extern void translation_list_of(Relation match, int64 original);

/* Is one of the two functions above updating alternates?  No other change of it is allowed. */
extern bool translation_is_listing(void);

#endif /* COMMENTARY_TRANSLATION_H */
