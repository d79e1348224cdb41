/*
 * What this relay has done since it started: counters for /metrics and for
 * commentary.stat_relay.
 *
 * One process, one thread: they are plain numbers, and counting costs the hot path
 * an addition. They are global, as the log is, because viewers count too, and have no room
 * for a pointer to them.
 */
#ifndef STATS_H
#define STATS_H

#include <stddef.h>
#include <stdint.h>

/* Room for codes that are not listed in stats.c: they are counted all the same. */
#define STATS_CLOSES 24

struct stats_close {
    uint16_t code; /* enum close_code; CLOSE_NORMAL: the viewer left */
    uint64_t count;
};

enum stats_refusal {
    REFUSED_MALFORMED, /* no handshake, or not for us */
    REFUSED_ORIGIN,
    REFUSED_TOKEN,
    REFUSED_TOO_MANY, /* viewers of that address */
    REFUSED_TOO_FAST, /* handshakes of that address */
    REFUSED_STOPPING,
    REFUSED_KINDS,
};

enum stats_read { READ_CHECK, READ_NEWER, READ_LOAD, READ_HISTORY, READ_LIST, READ_KINDS };

/* The states of a feed, from the worst to the best, as /metrics, reports and logs name them. */
#define STATS_FEED_STATES 4
extern const char *const stats_feed_states[STATS_FEED_STATES];

#define LATENCY_BUCKETS 16

struct latency {
    uint64_t buckets[LATENCY_BUCKETS + 1]; /* each by itself; the last has no bound */
    uint64_t count;
    uint64_t sum_us;
};

extern const int64_t latency_bounds_us[LATENCY_BUCKETS];

struct stats {
    int64_t started_s;   /* when the relay was started, since 1970 */
    uint64_t viewers;    /* let in */
    uint64_t notices;    /* notifications that came */
    uint64_t malformed;  /* of those */
    uint64_t hints;      /* on a channel of which nothing is believed */
    uint64_t deliveries; /* an entry to a viewer */
    uint64_t sends;      /* writes to a viewer, whatever they carry */
    uint64_t sent_bytes; /* in those */
    uint64_t chokes;     /* a viewer did not take all at once */
    struct stats_close closes[STATS_CLOSES];
    uint64_t refusals[REFUSED_KINDS];
    uint64_t feed_connects; /* it became live */
    uint64_t feed_losses;   /* attempts that failed as well */
    uint64_t reads[READ_KINDS];
    uint64_t read_rows;
    uint64_t epoch_changes;   /* after the first */
    uint64_t worker_restarts; /* of the worker that this is, by its supervisor */
    int64_t source_lag_us;    /* of the newest entry: see stats_came */
    struct latency latency;
};

extern struct stats relay_stats;

/* All to zero. */
void stats_reset(void);

void stats_close(uint16_t code);

/* A handshake was refused with this status of HTTP, for any reason but limits. */
void stats_refuse(unsigned status);

/* An entry has come that was flushed so long ago; a negative time counts as 0. */
void stats_came(int64_t lag_us);

/* So many entries took so long; a negative time (clocks differ) counts as 0. */
void stats_observe(int64_t latency_us, uint64_t entries);

#endif
