/*
 * Whether the database is a follower, which gets its log from a primary, and how late it is. The
 * relay asks with each heartbeat, from version 1.2 of the extension on. Entries that viewers have
 * seen elsewhere and that a follower does not have are late, and not lost. When the follower is too
 * late, by commentary.region_lag_limit, viewers are sent `stale`.
 */
#ifndef REGION_H
#define REGION_H

#include <stdbool.h>
#include <stdint.h>

struct hub;

struct region {
    bool can_be_asked; /* the relay's role may call commentary.region_status() */
    bool is_follower;
    bool is_late;
    int64_t lag_ms; /* 0: it is no follower */
};

/* A new connection: nothing is known yet, and viewers are sent nothing for now. */
void region_begin(struct region *region);

/* This database cannot be asked: the answer of an earlier one no longer holds. */
void region_forget(struct region *region, struct hub *hub);

/* The answer of the database; the hub sends viewers `stale` or `live`. */
void region_take(struct region *region, struct hub *hub, bool is_follower, bool is_late,
                 int64_t lag_ms);

#endif
