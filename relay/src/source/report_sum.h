/*
 * The sums of a relay and its workers, for one report: the viewers of each match, and the other
 * numbers.
 */
#ifndef REPORT_SUM_H
#define REPORT_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "source/reports.h"

struct report_pair {
    int64_t match_id, viewers;
};

struct report_sum {
    struct report_pair *pairs; /* in any order, the same match more than once */
    size_t count, room;
    bool is_broken; /* memory ran out */
    int64_t viewers, topics, cached_bytes, lag;
    struct report_counts counts;
};

void report_sum_add_match(struct report_sum *sum, int64_t match_id, int64_t viewers);

/* Adds the report of a worker. */
void report_sum_add_part(struct report_sum *sum, const struct told_report *report);

/* Adds the counters of workers that have gone. */
void report_sum_add_gone(struct report_sum *sum, const struct reports *reports);

/* Writes "{1,2}" of the matches and of their viewers, each match once. False: memory ran out. */
bool report_sum_write(struct report_sum *sum, struct buffer *match_ids,
                      struct buffer *viewers) MUST_CHECK;

void report_sum_free(struct report_sum *sum);

#endif
