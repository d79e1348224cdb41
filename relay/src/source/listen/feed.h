/*
 * The feed: one connection to PostgreSQL that LISTENs, and reads from the table
 * what notifications did not bring.
 *
 *     down -> connecting [-> probing] -> catching up -> live
 *      ^___________|____________|_____________|__________|      whatever goes wrong
 *
 * Probing is for a pooler in between: see probe.h. A standby cannot be listened to: it is
 * polled (poll.h), and listened to once it is promoted.
 *
 * It never blocks the loop.
 */
#ifndef FEED_H
#define FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "config/option.h"

struct event_base;
struct hub;
struct source;

struct feed_settings {
    const char *conninfo; /* kept by the caller; never logged */
    enum source_kind kind;
    int64_t poll_interval_ms;
    int64_t heartbeat_ms;
    int64_t report_interval_ms; /* 0: never */
    /* The database refuses this relay for good, before the first success. */
    void (*on_refused)(void *context);
    void *context;
};

/* NULL: memory ran out. */
struct source *feed_new(struct event_base *base, struct hub *hub,
                        const struct feed_settings *settings);

#endif
