/* When the next poll is due. */
#include "source/poll/schedule.h"

/* A slow query leaves the standby so many times its own time, but new entries wait no longer. */
#define REST_FACTOR 4
#define REST_MAX_MS 1000

void schedule_begin(struct schedule *schedule, int64_t interval_ms)
{
    *schedule = (struct schedule){.interval_ms = interval_ms};
}

bool schedule_is_due(const struct schedule *schedule, int64_t now_ms)
{
    return now_ms >= schedule->due_ms;
}

void schedule_sent(struct schedule *schedule, int64_t now_ms)
{
    schedule->sent_ms = now_ms;
}

void schedule_done(struct schedule *schedule, int64_t now_ms)
{
    int64_t rest_ms = 0;

    if (schedule->sent_ms)
        rest_ms = REST_FACTOR * (now_ms - schedule->sent_ms);
    if (rest_ms > REST_MAX_MS)
        rest_ms = REST_MAX_MS;
    if (rest_ms < schedule->interval_ms)
        rest_ms = schedule->interval_ms;
    schedule->sent_ms = 0;
    schedule->due_ms = now_ms + rest_ms;
}
