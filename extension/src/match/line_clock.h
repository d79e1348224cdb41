/*
 * line_clock.h
 *		The time in the match of a line: period, minute and stoppage.
 */
#ifndef COMMENTARY_LINE_CLOCK_H
#define COMMENTARY_LINE_CLOCK_H

#include "tables/columns.h"

#define CLOCK_UNKNOWN (-1)

/* CLOCK_UNKNOWN: the line does not have it. */
typedef struct LineClock
{
	int32 period;
	int32 minute;
	int32 stoppage;
} LineClock;

extern LineClock line_clock_of(const EntryRow *row);

/*
 * Returns less than 0 if left is earlier than right, more than 0 if it is later, else 0.
 * Also 0 when the two cannot be compared: only one of them has a period, or the periods are
 * equal and one of them has no minute.  A clock in words, such as '19.6 ov', does not count.
 */
extern int line_clock_compare(LineClock left, LineClock right);

#endif /* COMMENTARY_LINE_CLOCK_H */
