/*
 * The document of /metrics, in Prometheus' text format 0.0.4: base units, counters
 * that end in _total, and each series there from the start.
 */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "stats/process.h"
#include "stats/stats.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Values of this moment, which are no counters. */
struct gauges {
    size_t viewers;
    size_t viewers_max;
    size_t edges;  /* relays that follow this one … */
    size_t hops;   /* … and those between it and the database */
    size_t topics; /* with the lobby */
    size_t cached_bytes;
    size_t cached_bytes_max;
    size_t history_bytes;   /* of what is read again for viewers that came back */
    const char *feed_state; /* down, connecting, catching_up or live */
    int64_t heard_ms;       /* how long ago the database was last heard; -1: never yet */
    int64_t lag_entries;    /* known to be in the table, and not here yet */
    int64_t region_lag_ms;  /* of a follower; 0: the database is none */
    int64_t ack_ms;         /* the oldest commit that waits for its acknowledgement; -1: unknown */
    bool is_acknowledged;   /* commits are, as far as is known */
    int64_t started_s;      /* since 1970 */
};

/* Adds the document. */
void metrics_write(struct buffer *out, const struct stats *stats, const struct gauges *now,
                   const struct process *process);

#endif
