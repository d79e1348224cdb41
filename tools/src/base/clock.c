#include "base/clock.h"

#include <poll.h>
#include <sys/random.h>
#include <time.h>

#define FIRST_MS 500
#define MOST_MS 30000

int64_t clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_sleep_ms(int64_t ms)
{
    if (ms > 0)
        (void)poll(NULL, 0, ms > INT32_MAX ? INT32_MAX : (int)ms);
}

int64_t clock_backoff_ms(int failures)
{
    int64_t range = FIRST_MS;
    uint32_t random = 0;

    for (int i = 1; i < failures && range < MOST_MS; i++)
        range *= 2;
    if (range > MOST_MS)
        range = MOST_MS;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
        random = (uint32_t)clock_ms();
    return random % (range + 1);
}
