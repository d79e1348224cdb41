/*
 * match_state.h
 *		What viewers see of a row of commentary.match.
 */
#ifndef COMMENTARY_MATCH_STATE_H
#define COMMENTARY_MATCH_STATE_H

#include "access/htup.h"

#include "tables/column_map.h"

/*
 * The state of the match as jsonb, in the current memory context.  has_metadata false: the
 * state as viewers saw it before version 1.2, which has no metadata.
 */
extern Datum match_state_of(HeapTuple tuple, TupleDesc desc, const ColumnMap *map,
							bool has_metadata);

/* Stages an entry with the state of the match, for the match and for the lobby. */
extern void match_state_stage(int64 match_id, const char *kind, Datum state);

#endif /* COMMENTARY_MATCH_STATE_H */
