/*
 * match.h
 *		Matches: is there such a match, and does it take commentary?
 */
#ifndef COMMENTARY_MATCH_H
#define COMMENTARY_MATCH_H

typedef enum MatchStatus
{
	MATCH_UNKNOWN, /* there is no such match */
	MATCH_OPEN,	   /* scheduled, live, paused or postponed */
	MATCH_CLOSED   /* finished, abandoned or cancelled: corrections only */
} MatchStatus;

/* The score of one side, to be compared with what a line says. */
typedef struct MatchScore
{
	int32 number;	/* SCORE_UNKNOWN: null */
	uint64 display; /* its digest; 0: null */
} MatchScore;

#define SCORE_UNKNOWN (-1)

typedef enum MatchSide
{
	SIDE_HOME,
	SIDE_AWAY,
	NUM_SIDES
} MatchSide;

/* What is known of a match without looking at its row again. */
typedef struct MatchFacts
{
	MatchStatus status;
	int64 translation_of; /* 0: it is no translation */
	bool is_older;		  /* the table is that of version 1.1 */
	MatchScore score[NUM_SIDES];
} MatchFacts;

/* From a cache of this backend, which every committed change empties. */
extern MatchFacts match_facts(int64 match_id);

/* The digest of a score in words, as facts have it: never 0. */
extern uint64 match_display_digest(Datum display);

/* Reads the table itself, and so sees what this statement has done. */
extern MatchFacts match_read(int64 match_id);

/*
 * Does this session restore a dump?  Rows come in any order then, were checked where
 * they come from, and have their log with them.
 */
extern bool match_is_restoring(void);

/* Reads the table itself, for the flusher.  True when DDL has the table locked. */
extern bool match_exists(int64 match_id);

#endif /* COMMENTARY_MATCH_H */
