/* The life of a follow: the one function that changes its state. */
#include "hub/follow.h"

#include <assert.h>
#include <stdlib.h>

#define TO(state) (1u << (state))

/* To itself: a topic that is reset again, a hole after a hole, and the next history. */
static const uint8_t legal[FOLLOW_STATES] = {
    [FOLLOW_GONE] = TO(FOLLOW_WAITING),
    [FOLLOW_WAITING] = TO(FOLLOW_GONE) | TO(FOLLOW_WAITING) | TO(FOLLOW_READING) |
                       TO(FOLLOW_REPLAY) | TO(FOLLOW_LIVE),
    [FOLLOW_READING] = TO(FOLLOW_GONE) | TO(FOLLOW_WAITING) | TO(FOLLOW_READING) |
                       TO(FOLLOW_REPLAY) | TO(FOLLOW_LIVE),
    [FOLLOW_REPLAY] = TO(FOLLOW_GONE) | TO(FOLLOW_WAITING) | TO(FOLLOW_READING) |
                      TO(FOLLOW_REPLAY) | TO(FOLLOW_LIVE),
    [FOLLOW_LIVE] = TO(FOLLOW_GONE) | TO(FOLLOW_WAITING),
};

bool follow_may_change(enum follow_state from, enum follow_state to)
{
    return legal[from] & TO(to);
}

/* The new history is taken before the old one is let go: they may be the same. */
static void follow_replay(struct follow *follow, struct history *history)
{
    struct history *before = follow->replayed;

    if (history)
        history_use(history);
    follow->replayed = history;
    if (before)
        history_release(before);
}

void follow_change(struct topic *topic, struct follow *follow, enum follow_state state,
                   uint64_t cursor, struct history *history)
{
    assert(follow_may_change(follow->state, state));
    assert((history != NULL) == (state == FOLLOW_REPLAY));
    if (follow->state != FOLLOW_GONE)
        topic->follows_in[follow->state]--;
    if (state != FOLLOW_GONE)
        topic->follows_in[state]++;
    if (state != FOLLOW_WAITING) {
        free(follow->wish);
        follow->wish = NULL;
    }
    follow_replay(follow, history);
    follow->state = state;
    follow->cursor = cursor;
}

void follow_wait(struct topic *topic, struct follow *follow)
{
    follow_change(topic, follow, FOLLOW_WAITING, topic->looks, NULL);
}

bool follow_is_later(const struct topic *topic, const struct follow *follow)
{
    return follow->state == FOLLOW_WAITING && follow->cursor == topic->looks;
}
