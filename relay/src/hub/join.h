/*
 * Joining: from `subscribe` to the first live entry, without a gap or a double
 * between what the viewer has, what it is given from before, and what comes live.
 */
#ifndef JOIN_H
#define JOIN_H

#include <stdint.h>

#include "hub/state.h"
#include "wire/request.h"

void join_subscribe(struct hub *hub, struct viewer *viewer, const struct request *request);
void join_unsubscribe(struct hub *hub, struct viewer *viewer, int64_t match_id);

/*
 * Joins a follow in FOLLOW_WAITING if the topic is ready for it; else has the topic read.
 * The follow may be gone after this.
 */
void join_try(struct hub *hub, struct topic *topic, uint32_t index);

/*
 * The topic's epoch is over, and it is about to be read anew: all that have joined will join
 * again from where they are, if the new epoch has what they hold.
 */
void join_again(struct topic *topic, const char *epoch);

/* The topic has been read: joins all follows that wait for it. */
void join_all(struct hub *hub, struct topic *topic);

/* The topic cannot be read: all viewers that follow it are told why, and unfollow it. */
void join_fail(struct hub *hub, struct topic *topic, const char *code, const char *message);

/* There is no such match: the same, and the hub remembers it for a while (absent.h). */
void join_fail_unknown(struct hub *hub, struct topic *topic);

/* The run begins behind a hole now: viewers that are live before the hole start afresh. */
void join_past_hole(struct topic *topic);

/* The database is away: every viewer that waits for it is told `unavailable`. */
void join_give_up(struct hub *hub);

/*
 * Entries from..to are missing in the table: viewers that wait for one of them start afresh
 * behind the topic's floor, documents go on behind the hole.
 */
void join_behind_hole(struct hub *hub, struct topic *topic, int64_t from, int64_t to);

#endif
