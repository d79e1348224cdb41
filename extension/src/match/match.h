/*
 * match.h
 *		Matches: is there one, does it take commentary, what do viewers see of
 *		it.
 */
#ifndef COMMENTARY_MATCH_H
#define COMMENTARY_MATCH_H

#include "access/htup.h"

#include "tables/column_map.h"

typedef enum MatchStatus
{
	MATCH_UNKNOWN, /* there is no such match */
	MATCH_OPEN,	   /* scheduled, live or paused */
	MATCH_CLOSED   /* finished or abandoned: corrections only */
} MatchStatus;

/* match.c */
extern void match_install_callbacks(void);

/* From a cache of this backend, which every committed change empties. */
extern MatchStatus match_status(int64 match_id);

/* Straight from the table, for the flusher; true when DDL has it locked. */
extern bool match_exists(int64 match_id);

/* This transaction changes commentary.match. */
extern void match_note_changed(void);

/* This transaction writes to the log past the flusher, which then forgets its numbers. */
extern void match_note_log_changed(void);

/* match_state.c: what viewers see of a row of commentary.match, jsonb. */
extern Datum match_state_of(HeapTuple tuple, TupleDesc desc, const ColumnMap *map);

extern void match_stage_state(int64 match_id, const char *kind, Datum state);

#endif /* COMMENTARY_MATCH_H */
