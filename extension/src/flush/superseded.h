/*
 * superseded.h
 *		A rejected row that is replayed must not override a newer one.
 */
#ifndef COMMENTARY_SUPERSEDED_H
#define COMMENTARY_SUPERSEDED_H

#include "tables/columns.h"

/* No seq: it was set aside by a version that did not note it, or has no match. */
#define SEQ_UNKNOWN (-1)

/* The newest seq of a row's match, to note where the row belongs. */
extern int64 superseded_note(const EntryRow *row);

/* Of which only the newest counts: a state, an amendment, or what a client_ref says. */
extern bool superseded_concerns(const EntryRow *row);

/*
 * ERROR when the log has a state of the same match, a correction of the same entry, or
 * something of the same client_ref, behind after_seq: the seq that was noted when the row
 * was set aside.  Needs SPI_connect().
 */
extern void superseded_check(const EntryRow *row, int64 after_seq);

#endif /* COMMENTARY_SUPERSEDED_H */
