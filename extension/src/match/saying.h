/*
 * saying.h
 *		What a client_ref says of its entry, compared with what it said before.
 */
#ifndef COMMENTARY_SAYING_H
#define COMMENTARY_SAYING_H

#include "match/standing.h"
#include "tables/columns.h"

typedef enum Saying
{
	SAYING_KNOWN, /* nothing is to be done */
	SAYING_NEW	  /* the row has become the correction that is to be written */
} Saying;

/*
 * For an insert whose client_ref is in the log already, as standing tells: read with
 * this row and its digest.  The row becomes an amendment with what is different
 * between the two sayings, or the entry anew, when it was retracted.  Memory comes
 * from the current context.
 */
extern Saying saying_settle_insert(const Standing *standing, EntryRow *row, int64 digest);

/* For a correction: of an entry that stands so. */
extern Saying saying_settle_correction(const Standing *standing, EntryRow *row);

#endif /* COMMENTARY_SAYING_H */
