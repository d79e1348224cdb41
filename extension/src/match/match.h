/*
 * match.h
 *		Matches: is there such a match, and does it take commentary?
 */
#ifndef COMMENTARY_MATCH_H
#define COMMENTARY_MATCH_H

typedef enum MatchStatus
{
	MATCH_UNKNOWN, /* there is no such match */
	MATCH_OPEN,	   /* scheduled, live or paused */
	MATCH_CLOSED   /* finished or abandoned: corrections only */
} MatchStatus;

/* From a cache of this backend, which every committed change empties. */
extern MatchStatus match_status(int64 match_id);

/* Straight from the table, for the flusher; true when DDL has it locked. */
extern bool match_exists(int64 match_id);

#endif /* COMMENTARY_MATCH_H */
