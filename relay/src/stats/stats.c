/* Counters, and the histogram of latencies. */
#include "stats/stats.h"

#include "wire/protocol.h"

/* Known codes are listed, so that each is 0 in /metrics before it happens, not absent. */
#define STATS_AT_START                                                                             \
    {                                                                                              \
        .closes = {                                                                                \
            {CLOSE_NORMAL, 0},        {CLOSE_GOING_AWAY, 0},  {CLOSE_UNSUPPORTED, 0},              \
            {CLOSE_LOST, 0},          {CLOSE_TOO_LARGE, 0},   {CLOSE_TRY_AGAIN, 0},                \
            {CLOSE_SLOW_CONSUMER, 0}, {CLOSE_BAD_REQUEST, 0}, {CLOSE_TIMEOUT, 0},                  \
            {CLOSE_TOO_MANY, 0},                                                                   \
        },                                                                                         \
    }

struct stats relay_stats = STATS_AT_START;

const char *const stats_feed_states[STATS_FEED_STATES] = {"down", "connecting", "catching_up",
                                                          "live"};

const int64_t latency_bounds_us[LATENCY_BUCKETS] = {
    250,    500,    1000,   2500,    5000,    10000,   25000,    50000,
    100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000};

void stats_reset(void)
{
    relay_stats = (struct stats)STATS_AT_START;
}

/* The code's own counter, or the first that has none; what finds no room is not counted. */
void stats_close(uint16_t code)
{
    for (size_t i = 0; i < STATS_CLOSES; i++) {
        struct stats_close *close = &relay_stats.closes[i];

        if (close->code != code && close->code != CLOSE_NONE)
            continue;
        close->code = code;
        close->count++;
        return;
    }
}

void stats_refuse(unsigned status)
{
    enum stats_refusal refusal = REFUSED_MALFORMED;

    if (status == 401)
        refusal = REFUSED_TOKEN;
    else if (status == 403)
        refusal = REFUSED_ORIGIN;
    else if (status == 503)
        refusal = REFUSED_STOPPING;
    relay_stats.refusals[refusal]++;
}

void stats_came(int64_t lag_us)
{
    relay_stats.source_lag_us = lag_us < 0 ? 0 : lag_us;
}

void stats_observe(int64_t latency_us, uint64_t entries)
{
    struct latency *latency = &relay_stats.latency;
    size_t bucket = 0;

    if (latency_us < 0)
        latency_us = 0;
    while (bucket < LATENCY_BUCKETS && latency_us > latency_bounds_us[bucket])
        bucket++;
    latency->buckets[bucket] += entries;
    latency->count += entries;
    latency->sum_us += (uint64_t)latency_us * entries;
}
