/*
 * match_check.h
 *		What may be in a row of commentary.match.
 */
#ifndef COMMENTARY_MATCH_CHECK_H
#define COMMENTARY_MATCH_CHECK_H

#include "match/match_row.h"

/* ERROR unless viewers can be shown the row.  old: what an UPDATE changes, or no row. */
extern void match_check(MatchRow row, MatchRow old);

/*
 * The same row with null for each optional text that is empty, as forms send it;
 * the row itself when it has none.
 */
extern HeapTuple match_check_without_empty(MatchRow row);

/* Whether metadata, as it is, is for viewers: rows of before version 1.2 may have others. */
extern bool match_check_shows_metadata(MatchRow row);

#endif /* COMMENTARY_MATCH_CHECK_H */
