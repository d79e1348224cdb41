/*
 * match.h
 *		Matches: is there one, does it take commentary, what do viewers see of
 *		it.
 */
#ifndef COMMENTARY_MATCH_H
#define COMMENTARY_MATCH_H

#include "columns.h"

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

/*
 * match_state.c: stages the states of matches whose row and newest state entry
 * differ, beginning behind a match, at most so many.  A crash loses what was staged
 * but not flushed, while the row was logged.  For the flusher, inside a transaction
 * with a snapshot.  Adds to *staged; returns the last of these matches, 0 when there
 * was none.
 */
extern int64 match_stage_lost_states(int64 after_match_id, int max_matches, uint64 *staged);

#endif /* COMMENTARY_MATCH_H */
