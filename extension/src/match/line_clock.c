/*
 * line_clock.c
 *		The time in the match of a line: period, minute and stoppage.
 *
 * Minutes count up.  In a sport whose minutes begin again in each period, lines have a
 * period.  A line without a period is not compared with them, since it may be of any period.
 */
#include "postgres.h"

#include "match/line_clock.h"

static int32 number_of(const EntryRow *row, EntryColumn column);

LineClock
line_clock_of(const EntryRow *row)
{
	return (LineClock){
		.period = number_of(row, COL_PERIOD),
		.minute = number_of(row, COL_MINUTE),
		.stoppage = number_of(row, COL_STOPPAGE),
	};
}

int
line_clock_compare(LineClock left, LineClock right)
{
	if ((left.period == CLOCK_UNKNOWN) != (right.period == CLOCK_UNKNOWN))
		return 0;
	if (left.period != right.period)
		return left.period < right.period ? -1 : 1;
	if (left.minute == CLOCK_UNKNOWN || right.minute == CLOCK_UNKNOWN)
		return 0;
	if (left.minute != right.minute)
		return left.minute < right.minute ? -1 : 1;
	return Max(left.stoppage, 0) - Max(right.stoppage, 0);
}

static int32
number_of(const EntryRow *row, EntryColumn column)
{
	return row->isnull[column] ? CLOCK_UNKNOWN : DatumGetInt32(row->values[column]);
}
