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

#include "source/listen/feed_settings.h"

struct event_base;
struct hub;
struct source;

/* NULL: memory ran out. */
struct source *feed_new(struct event_base *base, struct hub *hub,
                        const struct feed_settings *settings);

#endif
