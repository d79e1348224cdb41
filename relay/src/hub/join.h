/*
 * Joining: from `subscribe` to the first live entry, without a gap or a double
 * between what the viewer has, what it is given from before, and the live log.
 */
#ifndef JOIN_H
#define JOIN_H

#include <stdint.h>

#include "hub/state.h"
#include "wire/request.h"

void join_subscribe(struct hub *hub, struct viewer *viewer, const struct request *request);
void join_unsubscribe(struct hub *hub, struct viewer *viewer, int64_t match_id);

/*
 * Joins a follow in FOLLOW_WAITING if the topic is ready for it, or sees to that
 * it will be. The follow may be gone after this.
 */
void join_try(struct hub *hub, struct topic *topic, uint32_t index);

/* The topic has been read: all that wait for it. */
void join_all(struct hub *hub, struct topic *topic);

/* It cannot be read: all that wait for it are told why, and do not follow it. */
void join_fail(struct hub *hub, struct topic *topic, const char *code, const char *message);

/* There is no such match: the same, and it is noted for those who come next. */
void join_fail_unknown(struct hub *hub, struct topic *topic);

/* The log begins behind a hole now: viewers that were live before it start afresh. */
void join_past_hole(struct topic *topic);

/* The database is away: whoever waits for it is told `unavailable`. */
void join_give_up(struct hub *hub);

/*
 * Entries from..to are missing in the table: viewers that wait for one of them start afresh
 * behind the topic's floor, documents go on behind the hole.
 */
void join_behind_hole(struct hub *hub, struct topic *topic, int64_t from, int64_t to);

#endif
