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

/* ---- a match that is not there: join_absent.c ---- */

/*
 * The source has no such match: viewers are told, but for those who wait for it since they have
 * seen it elsewhere. False: none waits, and the topic may go. Remembered for a while (absent.h).
 */
bool join_absent(struct hub *hub, struct topic *topic) MUST_CHECK;

/* May a viewer with this wish wait for a match that is not there? Its time runs from now on. */
bool join_may_await(const struct hub *hub, const struct viewer *viewer, struct wish *wish);

/* At the end of each turn: asks the source for the matches that are waited for, once a second. */
void join_ask_again(struct hub *hub);

/* A viewer of one match, or of several, still waits for what the source has not yet. */
bool join_waits_for_source(const struct viewer *viewer);

/* The run begins behind a hole now: viewers that are live before the hole start afresh. */
void join_past_hole(struct topic *topic);

/* The database is away: every viewer that waits for it is told `unavailable`. */
void join_give_up(struct hub *hub);

/*
 * Entries from..to are missing in the table: viewers that wait for one of them start afresh
 * behind the topic's floor, documents go on behind the hole.
 */
void join_behind_hole(struct hub *hub, struct topic *topic, int64_t from, int64_t to);

/* ---- between its files ---- */

void join_refuse_unknown(struct hub *hub, struct viewer *viewer, int64_t match_id);

/* What is ahead of the source has still time; that begins with the first question. */
bool join_has_patience(struct wish *wish, bool is_of_epoch);
bool join_document_has_patience(const struct hub *hub, struct wish *wish);

#endif
