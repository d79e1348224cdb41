/*
 * The states of a follow: enum follow_state in topic.h lists them, and viewer_follow() and
 * viewer_unfollow() begin and end a follow.
 *
 * WAITING owns a wish (or NULL), and REPLAY one use of a history. follow_change() also changes
 * these, and the topic's numbers of follows in each state.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "topic/history.h"
#include "topic/topic.h"

/* Whether a follow may go from one state to the other. */
bool follow_may_change(enum follow_state from, enum follow_state to);

/*
 * Moves the follow to another state, with its cursor there: 0 for GONE, the topic's looks so far
 * for WAITING, a seq for READING, an offset for REPLAY and LIVE. REPLAY takes a use of `history`;
 * it is NULL for every other state. A change that is not legal is a bug of ours and asserts.
 */
void follow_change(struct topic *topic, struct follow *follow, enum follow_state state,
                   uint64_t cursor, struct history *history);

/*
 * Back to WAITING: the follow joins when the topic is loaded again. A follow that had joined
 * starts afresh, with as much history as it first asked for; one that still waits resumes
 * where it wished to.
 */
void follow_wait(struct topic *topic, struct follow *follow);

/*
 * It waits since the last look at the table was begun, or later: the answer to that look, "there is
 * no such match", may be older than the match.
 */
bool follow_is_later(const struct topic *topic, const struct follow *follow);

#endif
