/*
 * match_default.h
 *		Fills in the defaults of a new match where null was given.
 */
#ifndef COMMENTARY_MATCH_DEFAULT_H
#define COMMENTARY_MATCH_DEFAULT_H

#include "match/match_row.h"

/*
 * Returns the row with the table's defaults for match_id, sport, status and created_at where
 * they are null; the same tuple when none is.  Call it for an INSERT, before the checks.
 */
extern HeapTuple match_default_fill(Relation match, MatchRow row);

#endif /* COMMENTARY_MATCH_DEFAULT_H */
