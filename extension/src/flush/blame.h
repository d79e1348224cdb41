/*
 * blame.h
 *		What an error of a flush is about.
 */
#ifndef COMMENTARY_BLAME_H
#define COMMENTARY_BLAME_H

typedef enum Blame
{
	BLAME_ROW,		 /* set it aside; others may pass */
	BLAME_STRUCTURE, /* every row would fail: wait until it is repaired */
	BLAME_SERVER	 /* no space, no lock, a request to end: start again */
} Blame;

/*
 * is_opening: no row had been touched yet.  Call it outside a transaction: it starts one to
 * look at the constraint that was violated.
 */
extern Blame blame_for(const ErrorData *error, bool is_opening);

#endif /* COMMENTARY_BLAME_H */
