/*
 * How long to wait before the next attempt: exponential, with full jitter, so
 * that relays that lost the same database do not come back in step.
 */
#ifndef BACKOFF_H
#define BACKOFF_H

#include <stdint.h>

struct backoff {
    int base_ms;
    int cap_ms;
    unsigned attempts;
};

/* Anything from 0 to the smaller of cap and base * 2^attempts, by a random number. */
int backoff_next_ms(struct backoff *backoff, uint32_t random);

/* After a success: the next wait is short again. */
void backoff_reset(struct backoff *backoff);

#endif
