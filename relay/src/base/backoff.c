/* Exponential backoff with full jitter. */
#include "base/backoff.h"

int backoff_next_ms(struct backoff *backoff, uint32_t random)
{
    int64_t limit_ms = backoff->base_ms;

    for (unsigned i = 0; i < backoff->attempts && limit_ms < backoff->cap_ms; i++)
        limit_ms *= 2;
    if (limit_ms >= backoff->cap_ms)
        limit_ms = backoff->cap_ms;
    else
        backoff->attempts++;
    return (int)(random % (uint64_t)(limit_ms + 1));
}

void backoff_reset(struct backoff *backoff)
{
    backoff->attempts = 0;
}
