/*
 * The minute of a match as people write it.
 *
 *   minute = digits [ "+" digits ] [ "'" ]       45   45+2   45+2'   90'
 *
 * The minute is at most 999, and stoppage at most 99, as in the extension. Invalid: "45+", "+2",
 * "1e3", "45 +2".
 */
#ifndef MINUTE_H
#define MINUTE_H

#include <stdbool.h>

#include "base/attr.h"

/* stoppage is -1 when there is none. */
struct minute {
    int minute;
    int stoppage;
};

MUST_CHECK bool minute_read(const char *text, struct minute *minute);

/* Minute 47 of a period that ends with minute 45 is 45+2; end 0: no stoppage. */
struct minute minute_of_clock(int minute, int end);

#endif
