/*
 * own_lines.h
 *		How far this transaction's own lines have told each match: the time in the match, and
 *		the newest line with a score.
 */
#ifndef COMMENTARY_OWN_LINES_H
#define COMMENTARY_OWN_LINES_H

#include "match/line_clock.h"

typedef struct OwnLines
{
	int64 match_id;
	LineClock latest;
	bool has_score; /* does one of them that is not late carry a score? */
	uint64 scorer;	/* digest of the newest such line's client_ref; 0: it has none */
	int nest_level; /* of the savepoint in which they were written */
} OwnLines;

extern void own_lines_install_callbacks(void);

/* NULL: the transaction has inserted no line of that match. */
extern const OwnLines *own_lines_of(int64 match_id);

/*
 * An inserted line is put; moves_score: it carries a score, and is not late.  Of more
 * matches than MAX_OWN_LINES nothing is noted: their lines count from the commit on.
 */
extern void own_lines_note(const EntryRow *row, bool moves_score);

/* Is it the line that was last noted with a score? */
extern bool own_lines_is_scorer(const OwnLines *lines, const EntryRow *row);

#endif /* COMMENTARY_OWN_LINES_H */
