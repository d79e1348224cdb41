/*
 * reference.h
 *		What a correction points at.
 */
#ifndef COMMENTARY_REFERENCE_H
#define COMMENTARY_REFERENCE_H

#include "match/standing.h"

/*
 * The entry that a correction of ref_seq corrects: that one itself, or, when it
 * is a correction too, the entry that it corrects.  ERROR, with column and hint,
 * when there is nothing to correct.
 */
extern int64 reference_resolve(int64 match_id, int64 ref_seq);

/*
 * The line of the original that translates_seq names: that one itself, or, when it is a
 * correction, the line that it corrects.  ERROR when there is none.
 */
extern int64 reference_translated(int64 original, int64 seq);

/* The seq of the entry that has this client_ref in the log, or 0. */
extern int64 reference_find_client_ref(int64 match_id, Datum client_ref);

/* standing_read(), with the newest snapshot. */
extern bool reference_read(int64 match_id, int64 seq, const EntryRow *asking, int64 digest,
						   Standing *standing);

#endif /* COMMENTARY_REFERENCE_H */
