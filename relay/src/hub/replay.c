/*
 * Replay. A viewer that came back after a long time goes through history at its
 * own pace, and over to the run of the topic where that begins. A history is shared, and
 * not a queue of one viewer: a viewer that stalls holds one history at most.
 */
#include "hub/replay.h"

#include "base/clock.h"
#include "hub/follow.h"
#include "hub/liveness.h"
#include "hub/topics.h"
#include "stats/stats.h"

#define HISTORY_ALIGN 32

void replay_from(struct topic *topic, struct follow *follow, int64_t next_seq)
{
    struct history *history;

    if (next_seq >= topic->run.first_seq) {
        follow_change(topic, follow, FOLLOW_LIVE, run_offset(&topic->run, next_seq), NULL);
        return;
    }
    history = history_find(topic, next_seq);
    if (history)
        follow_change(topic, follow, FOLLOW_REPLAY, run_offset(&history->run, next_seq), history);
    else
        follow_change(topic, follow, FOLLOW_READING, (uint64_t)next_seq, NULL);
}

/* Sends one write of the history. False: the viewer is gone. */
static bool replay_send(struct follow *follow)
{
    struct run *run = &follow->replayed->run;
    size_t length = run_span(run, follow->cursor, VIEWER_SEND_BYTES);

    if (!viewer_send(follow->viewer, run_at(run, follow->cursor), length))
        return false;
    relay_stats.deliveries += run_entries(run, follow->cursor, follow->cursor + length);
    follow->cursor += length;
    return true;
}

static void replay_is_over(struct hub *hub, struct topic *topic, struct follow *follow)
{
    struct viewer *viewer = follow->viewer;

    viewer_pump(viewer, topic, follow);
    liveness_tell(hub, viewer);
}

void replay_pump(struct hub *hub, struct topic *topic, uint32_t index)
{
    struct follow *follow = &topic->follows[index];

    while (follow->state == FOLLOW_REPLAY && !viewer_is_choked(follow->viewer)) {
        if (!replay_send(follow))
            return;
        if (follow->cursor == follow->replayed->run.head)
            replay_from(topic, follow, follow->replayed->run.next_seq);
    }
    if (follow->state == FOLLOW_READING)
        topics_want_for(hub, topic, follow->viewer->is_document ? WANT_DOCUMENT : WANT_HISTORY,
                        follow->viewer->lane);
    else if (follow->state == FOLLOW_LIVE)
        replay_is_over(hub, topic, follow);
}

int64_t replay_history_begin(int64_t wanted)
{
    return wanted - (wanted - 1) % HISTORY_ALIGN;
}

/* The smallest seq from `from` on that a viewer waits for; 0: no viewer waits. */
static int64_t wanted_from(const struct topic *topic, int64_t from)
{
    int64_t wanted = 0;

    if (topic->follows_in[FOLLOW_READING] == 0)
        return 0;
    for (uint32_t i = 0; i < topic->follow_count; i++) {
        const struct follow *follow = &topic->follows[i];
        int64_t seq = (int64_t)follow->cursor;

        if (follow->state == FOLLOW_READING && seq >= from && (wanted == 0 || seq < wanted))
            wanted = seq;
    }
    return wanted;
}

/* Upwards, and then from the bottom again: viewers of old entries hold up no others. */
int64_t replay_next_wanted(const struct topic *topic)
{
    int64_t wanted = wanted_from(topic, topic->history_after);

    return wanted ? wanted : wanted_from(topic, 0);
}

/* From the end: the last follow moves to the place of one whose viewer is closed. */
void replay_history_read(struct hub *hub, struct topic *topic, const struct history *history)
{
    for (uint32_t i = topic->follow_count; i-- > 0;) {
        struct follow *follow = &topic->follows[i];
        int64_t wanted = (int64_t)follow->cursor;

        if (follow->state != FOLLOW_READING)
            continue;
        if (wanted >= history->run.first_seq && wanted < history->run.next_seq)
            replay_from(topic, follow, wanted);
        replay_pump(hub, topic, i);
    }
}

void replay_fail(struct topic *topic)
{
    for (uint32_t i = topic->follow_count; i-- > 0;)
        if (topic->follows[i].state == FOLLOW_READING)
            viewer_close(topic->follows[i].viewer, CLOSE_TOO_MANY);
}

static void close_readers(struct topic *topic, const struct history *history)
{
    for (uint32_t i = topic->follow_count; i-- > 0;)
        if (topic->follows[i].replayed == history)
            viewer_close(topic->follows[i].viewer, CLOSE_SLOW_CONSUMER);
}

/* A history that is being read has no reader yet and is the newest: it stays. */
void replay_trim(struct hub *hub)
{
    history_expire(&hub->histories, clock_ms());
    if (hub->histories.bytes > REPLAY_BYTES_MAX)
        history_expire_all(&hub->histories);
    while (hub->histories.bytes > REPLAY_BYTES_MAX) {
        struct history *oldest = TAILQ_FIRST(&hub->histories.histories);
        size_t before = hub->histories.bytes;

        if (oldest->topic)
            close_readers(oldest->topic, oldest);
        history_expire_all(&hub->histories);
        if (hub->histories.bytes == before)
            return;
    }
}
