/*
 * recent.h
 *		The newest lines of a match in the log: the time in the match of each, and whether
 *		it carries a score.
 */
#ifndef COMMENTARY_RECENT_H
#define COMMENTARY_RECENT_H

#include "match/line_clock.h"

/* A line with its corrections applied. */
typedef struct RecentLine
{
	int64 seq;
	LineClock clock;
	bool has_score;
	bool is_retracted;
} RecentLine;

typedef struct RecentLines
{
	int64 match_id;
	int64 head; /* the newest entry that has been read */
	RecentLine *lines;
	int count;
	int capacity;
} RecentLines;

/*
 * The lines among the newest RECENT_ENTRIES entries, oldest first, read with the newest
 * snapshot.  The result is valid until the transaction ends or asks for another match.
 */
extern const RecentLines *recent_lines(int64 match_id);

#define RECENT_ENTRIES 1000

/* Does the row give a score, in numbers or words? */
extern bool recent_has_score(const EntryRow *row);

#endif /* COMMENTARY_RECENT_H */
