/*
 * own_lines.h
 *		The lines of this transaction, for each match: the latest time in the match, and
 *		the newest line with a score.
 */
#ifndef COMMENTARY_OWN_LINES_H
#define COMMENTARY_OWN_LINES_H

#include "match/line_clock.h"

typedef struct OwnLines
{
	int64 match_id;
	LineClock latest;
	bool has_score; /* did one of them carry a score, and was not late? */
	uint64 scorer;	/* digest of the newest such line's client_ref; 0: it has none */
	int nest_level; /* of the savepoint in which they were written */
} OwnLines;

extern void own_lines_install_callbacks(void);

/* NULL: the transaction has inserted no line of that match. */
extern const OwnLines *own_lines_of(int64 match_id);

/*
 * Notes an inserted line.  moves_score: it carries a score, and is not late.  After
 * MAX_OWN_LINES matches, further matches are not noted: their lines count only after the
 * commit.
 */
extern void own_lines_note(const EntryRow *row, bool moves_score);

/* Does the row have the client_ref of the newest noted line with a score? */
extern bool own_lines_is_scorer(const OwnLines *lines, const EntryRow *row);

#endif /* COMMENTARY_OWN_LINES_H */
