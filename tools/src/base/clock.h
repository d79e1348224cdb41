/* A clock that never goes back, in milliseconds. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

int64_t clock_ms(void);

/* Sleeps; a signal ends it early. */
void clock_sleep_ms(int64_t ms);

/* A wait from nothing to a limit that doubles with each failure from 500 ms to 30 s, so that
 * many clients of one server do not come back at the same moment. */
int64_t clock_backoff_ms(int failures);

#endif
