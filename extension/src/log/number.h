/*
 * number.h
 *		The seq of an entry: 1, 2, 3 … in each match, without gaps.
 */
#ifndef COMMENTARY_NUMBER_H
#define COMMENTARY_NUMBER_H

#include "utils/jsonb.h"
#include "utils/rel.h"

#include "tables/columns.h"

/*
 * The next seq of a match.  It counts when the transaction commits; when that
 * fails, call number_forget().  ERROR when the match has been purged.
 */
extern int64 number_next(Relation entry, int64 match_id);

/* The newest seq in the log, 0 before the first; also of a match that is gone. */
extern int64 number_newest(Relation entry, int64 match_id);

/*
 * Does this state, of an entry of op 'match', differ from the newest in the log?  If so,
 * it is the newest from now on.
 */
extern bool number_note_state(Relation entry, int64 match_id, Datum state);

/* The newest state of a match in the log, palloc'd; NULL: it has none. */
extern Jsonb *number_stored_state(Relation entry, int64 match_id);

/* Forgets all matches: the next seq is read from the log again. */
extern void number_forget(void);

/* Between two batches: keeps the memory of matches long past bounded. */
extern void number_trim(void);

#endif /* COMMENTARY_NUMBER_H */
