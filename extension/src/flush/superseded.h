/*
 * superseded.h
 *		A rejected row that is replayed must not override a newer one.
 */
#ifndef COMMENTARY_SUPERSEDED_H
#define COMMENTARY_SUPERSEDED_H

#include "tables/columns.h"

/* The seq is not known: an older version set the row aside, or the row has no match. */
#define SEQ_UNKNOWN (-1)

/* The newest seq of a row's match, to note where the row belongs. */
extern int64 superseded_note(const EntryRow *row);

/*
 * Whether only the newest row of its kind counts: a state, an amendment, an insert with a
 * client_ref.
 */
extern bool superseded_concerns(const EntryRow *row);

/*
 * ERROR when the log has a state of the same match, a correction of the same entry, or a
 * row of the same client_ref, with a seq above after_seq, which was noted when the row was
 * set aside.  Needs SPI_connect().
 */
extern void superseded_check(const EntryRow *row, int64 after_seq);

#endif /* COMMENTARY_SUPERSEDED_H */
