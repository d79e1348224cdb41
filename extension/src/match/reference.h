/*
 * reference.h
 *		Finds the entries of the log that a new row refers to: by ref_seq, translates_seq
 *		or client_ref.
 */
#ifndef COMMENTARY_REFERENCE_H
#define COMMENTARY_REFERENCE_H

#include "match/standing.h"

/*
 * The entry that a correction with this ref_seq corrects: the entry ref_seq itself, or, when
 * that one is a correction too, the entry that it corrects.  ERROR, with column and hint, when
 * there is nothing to correct.
 */
extern int64 reference_resolve(int64 match_id, int64 ref_seq);

/*
 * The line of the original that is translated: the entry seq itself, or, when that one is a
 * correction, the line that it corrects.  ERROR when there is none.
 */
extern int64 reference_translated(int64 original, int64 seq);

/* The seq of the entry that has this client_ref in the log, or 0. */
extern int64 reference_find_client_ref(int64 match_id, Datum client_ref);

/* standing_read(), with the newest snapshot. */
extern bool reference_read(int64 match_id, int64 seq, const EntryRow *asking, int64 digest,
						   Standing *standing);

#endif /* COMMENTARY_REFERENCE_H */
