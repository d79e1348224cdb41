/*
 * line_clock.h
 *		When in the match a line tells of: period, minute and stoppage.
 */
#ifndef COMMENTARY_LINE_CLOCK_H
#define COMMENTARY_LINE_CLOCK_H

#include "tables/columns.h"

#define CLOCK_UNKNOWN (-1)

/* CLOCK_UNKNOWN: the line does not say it. */
typedef struct LineClock
{
	int32 period;
	int32 minute;
	int32 stoppage;
} LineClock;

extern LineClock line_clock_of(const EntryRow *row);

/*
 * Less than, equal to or greater than 0, as left is before, with or after right.  0 also
 * when the two cannot be compared: one of them has no minute, or only one has a period.  A
 * clock in words, such as '19.6 ov', is in no order.
 */
extern int line_clock_compare(LineClock left, LineClock right);

#endif /* COMMENTARY_LINE_CLOCK_H */
