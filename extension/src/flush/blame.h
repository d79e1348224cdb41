/*
 * blame.h
 *		What an error of a flush is about.
 */
#ifndef COMMENTARY_BLAME_H
#define COMMENTARY_BLAME_H

typedef enum Blame
{
	BLAME_ROW,		 /* others may pass: set this one aside */
	BLAME_STRUCTURE, /* every row would fail: wait until somebody mends it */
	BLAME_SERVER	 /* no space, no lock, an order to end: begin anew */
} Blame;

/*
 * is_opening: no row had been touched yet.  Outside a transaction; it uses one of
 * its own to look at the constraint that was violated.
 */
extern Blame blame_for(const ErrorData *error, bool is_opening);

#endif /* COMMENTARY_BLAME_H */
