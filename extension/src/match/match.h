/*
 * match.h
 *		Does a match exist, and does it take commentary?
 */
#ifndef COMMENTARY_MATCH_H
#define COMMENTARY_MATCH_H

typedef enum MatchStatus
{
	MATCH_UNKNOWN, /* there is no such match */
	MATCH_OPEN,	   /* scheduled, live, paused or postponed */
	MATCH_CLOSED   /* finished, abandoned or cancelled: corrections only */
} MatchStatus;

/* The score of one side, for comparison with that of a line. */
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

/* What the cache has of a match. */
typedef struct MatchFacts
{
	MatchStatus status;
	int64 translation_of; /* 0: it is no translation */
	bool is_older;		  /* the extension in the database is older than 1.2 */
	MatchScore score[NUM_SIDES];
} MatchFacts;

/* From a cache of this backend, which every committed change empties. */
extern MatchFacts match_facts(int64 match_id);

/* The digest of a score in words, as in MatchScore: never 0. */
extern uint64 match_display_digest(Datum display);

/* Reads the table, so that it sees what this statement has done. */
extern MatchFacts match_read(int64 match_id);

/*
 * Does this session restore a dump?  Then rows come in any order, their server has checked
 * them, and the dump has their log.  A restore inserts, and never updates: any role could say
 * that it restores, to leave out the checks of an UPDATE.
 */
extern bool match_is_restoring(bool is_insert);

/* For the flusher: reads the table.  True also when DDL has the table locked. */
extern bool match_exists(int64 match_id);

#endif /* COMMENTARY_MATCH_H */
