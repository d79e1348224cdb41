/*
 * Whether the database is a follower, which has its log from a primary elsewhere, and how late
 * that is: asked with each heartbeat, from version 1.2 of the extension on. In a follower less
 * than viewers have seen elsewhere is late, and not gone. When it is too late, by the
 * extension's own limit, viewers are told `stale`.
 */
#ifndef REGION_H
#define REGION_H

#include <stdbool.h>
#include <stdint.h>

struct hub;

struct region {
    bool can_be_asked; /* the relay's role may */
    bool is_follower;
    bool is_late;
    int64_t lag_ms; /* 0: it is no follower */
};

/* Another connection: nothing is known yet, and what viewers were told stands. */
void region_begin(struct region *region);

/* It cannot be asked here: what an earlier database said of itself is void. */
void region_forget(struct region *region, struct hub *hub);

/* The answer; the hub is told what it means for viewers. */
void region_take(struct region *region, struct hub *hub, bool is_follower, bool is_late,
                 int64_t lag_ms);

#endif
