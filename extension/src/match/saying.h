/*
 * saying.h
 *		Compares a row that has a stored client_ref with the earlier rows of this client_ref.
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
 * For an insert whose client_ref is in the log already.  standing must have been read with this
 * row and its digest.  The row becomes an amendment with the differences from the last saying,
 * or the whole entry again if that was retracted.  Memory comes from the current context.
 */
extern Saying saying_settle_insert(const Standing *standing, EntryRow *row, int64 digest);

/* For a correction of the entry that standing describes. */
extern Saying saying_settle_correction(const Standing *standing, EntryRow *row);

#endif /* COMMENTARY_SAYING_H */
