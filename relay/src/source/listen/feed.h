/*
 * The feed: one connection to PostgreSQL that LISTENs, and reads from the table
 * what notifications did not bring.
 *
 *     down -> connecting [-> probing] -> catching up -> live
 *      ^___________|____________|_____________|__________|      whatever goes wrong
 *
 * Probing is for a pooler in between: see probe.h.
 *
 * It never blocks the loop.
 */
#ifndef FEED_H
#define FEED_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct feed;
struct hub;

struct feed_settings {
    const char *conninfo; /* kept by the caller; never logged */
    int64_t heartbeat_ms;
    int64_t report_interval_ms; /* 0: never */
    /* The database refuses this relay for good, before the first success. */
    void (*on_refused)(void *context);
    void *context;
};

/* NULL: memory ran out. */
struct feed *feed_new(struct event_base *base, struct hub *hub,
                      const struct feed_settings *settings);
void feed_free(struct feed *feed);

/* Begins to connect. */
void feed_start(struct feed *feed);

/* At the end of each turn of the loop: sends the next query, if one is wanted. */
void feed_turn_end(struct feed *feed);

/* down, connecting, catching_up or live. */
const char *feed_state_name(const struct feed *feed);

/* How long ago the database was last heard; -1: not yet. */
int64_t feed_heard_ms(const struct feed *feed);

/* How many entries are known to be in the table, and not here yet. */
int64_t feed_lag(const struct feed *feed);

/* Live? If not, *reason is one line that says why, for operators. */
bool feed_is_live(const struct feed *feed, const char **reason);

/* Does the database acknowledge commits, as far as is known? The same. */
bool feed_is_acknowledged(const struct feed *feed, const char **reason);

/* How long the oldest commit has waited for its acknowledgement; -1: that is not known. */
int64_t feed_ack_ms(const struct feed *feed);

#endif
