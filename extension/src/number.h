/*
 * number.h
 *		The seq of an entry: 1, 2, 3 … in each match, without gaps.
 */
#ifndef COMMENTARY_NUMBER_H
#define COMMENTARY_NUMBER_H

#include "utils/rel.h"

#include "columns.h"

/*
 * The next seq of a match.  It counts when the transaction commits: a flusher
 * whose transaction fails must end, and forget its numbers with it.
 */
extern int64 number_next(Relation entry, int64 match_id);

/*
 * Is this state, of an entry of op 'match', another than the newest in the log?
 * Then it is the newest from now on.
 */
extern bool number_note_state(Relation entry, int64 match_id, Datum state);

/* Between two batches: keeps the memory of matches long past bounded. */
extern void number_trim(void);

#endif /* COMMENTARY_NUMBER_H */
