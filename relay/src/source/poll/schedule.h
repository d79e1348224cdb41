/* When the next poll is due: after the interval, or later when the last one took long. */
#ifndef POLL_SCHEDULE_H
#define POLL_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct schedule {
    int64_t interval_ms;
    int64_t due_ms;  /* the next query */
    int64_t sent_ms; /* when the query under way was sent; 0: none is */
};

/* Another connection: the first query is due at once. */
void schedule_begin(struct schedule *schedule, int64_t interval_ms);

bool schedule_is_due(const struct schedule *schedule, int64_t now_ms) MUST_CHECK;
void schedule_sent(struct schedule *schedule, int64_t now_ms);

/* The query has ended, well or not; one that was never sent took no time. */
void schedule_done(struct schedule *schedule, int64_t now_ms);

#endif
