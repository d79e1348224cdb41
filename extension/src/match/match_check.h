/*
 * match_check.h
 *		Checks the rows of commentary.match.
 */
#ifndef COMMENTARY_MATCH_CHECK_H
#define COMMENTARY_MATCH_CHECK_H

#include "match/match_row.h"

/* ERROR unless viewers can be shown the row.  old: the row before the UPDATE, or no row. */
extern void match_check(MatchRow row, MatchRow old);

/*
 * Returns the row with null for each optional text that is empty, as forms send it; the same
 * tuple when there is none.
 */
extern HeapTuple match_check_without_empty(MatchRow row);

/*
 * Can viewers be shown the metadata of the row?  Rows of before version 1.2 may have metadata
 * that is too large or no object.
 */
extern bool match_check_shows_metadata(MatchRow row);

#endif /* COMMENTARY_MATCH_CHECK_H */
