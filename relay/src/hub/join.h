/*
 * Joining: from `subscribe` to the first live entry, without a gap or a double
 * between the entries that the viewer has, its history, and the live entries.
 */
#ifndef JOIN_H
#define JOIN_H

#include <stdint.h>

#include "hub/state.h"
#include "wire/request.h"

void join_subscribe(struct hub *hub, struct viewer *viewer, const struct request *request);
void join_unsubscribe(struct hub *hub, struct viewer *viewer, int64_t match_id);

/*
 * Joins a follow in FOLLOW_WAITING if the topic is ready for it; otherwise has the topic read.
 * The follow may be gone after this.
 */
void join_try(struct hub *hub, struct topic *topic, uint32_t index);

/*
 * The topic's epoch is over, and the topic is about to be read anew. All follows that have joined
 * will join again, from their place if the new epoch has all entries that they were sent.
 */
void join_again(struct topic *topic, const char *epoch);

/* The topic has been read: joins all follows that wait for it. */
void join_all(struct hub *hub, struct topic *topic);

/* The topic cannot be read: all viewers that follow it get this error, and unfollow it. */
void join_fail(struct hub *hub, struct topic *topic, const char *code, const char *message);

/* ---- a match that is not there: join_absent.c ---- */

/*
 * The source has no such match: viewers get an error, except those that wait for the match because
 * they have seen it elsewhere. False: none waits, and the topic may be freed. That the match does
 * not exist is remembered for a while (absent.h).
 */
bool join_absent(struct hub *hub, struct topic *topic) MUST_CHECK;

/* Whether a viewer with this wish may wait for a match that is not there. Its time begins now. */
bool join_may_await(const struct hub *hub, const struct viewer *viewer, struct wish *wish);

/* At the end of each turn: asks the source for the matches that are waited for, once a second. */
void join_ask_again(struct hub *hub);

/* Whether the viewer still waits for a match or entries that the source does not have yet. */
bool join_waits_for_source(const struct viewer *viewer);

/* The run now begins after a hole: viewers that are live before the hole start afresh. */
void join_past_hole(struct topic *topic);

/* The database is away: every viewer that waits for it gets the error `unavailable`. */
void join_give_up(struct hub *hub);

/*
 * Entries from..to are missing in the table: viewers that wait for one of them start afresh after
 * the topic's floor, documents go on after the hole.
 */
void join_behind_hole(struct hub *hub, struct topic *topic, int64_t from, int64_t to);

/* ---- between its files ---- */

void join_refuse_unknown(struct hub *hub, struct viewer *viewer, int64_t match_id);

/* Whether a wish that is ahead of the source may still wait. Its time begins with the first call.
 */
bool join_has_patience(struct wish *wish, bool is_of_epoch);
bool join_document_has_patience(const struct hub *hub, struct wish *wish);

#endif
