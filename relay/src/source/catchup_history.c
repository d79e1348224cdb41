/*
 * A history: entries older than the run of a topic, which viewers that come back wait for. What
 * catching up does with its rows, and at its end.
 */
#include "hub/join.h"
#include "hub/replay.h"
#include "hub/topics.h"
#include "source/catchup.h"
#include "topic/history.h"

/* Looks for holes from the wanted entry on; viewers see no holes before it. */
static void look_for_hole(struct catchup *catchup, int64_t seq)
{
    int64_t expected = catchup->last_seq + 1;

    if (seq < catchup->history_wanted)
        return;
    if (catchup->hole_end == 0)
        catchup->hole_end = seq;
    if (expected < catchup->history_wanted)
        expected = catchup->history_wanted;
    if (seq > expected)
        catchup->floor = seq;
    catchup->last_seq = seq;
}

/*
 * A history begins after the last hole before the wanted entry. It ends before the next hole, and
 * at the latest where the run begins: from there on, the viewer is served from memory.
 */
void catchup_history_row(struct catchup *catchup, int64_t seq, const char *body, size_t length)
{
    struct history *history = catchup->history;

    if (!catchup_is_sound(catchup, seq, body, length))
        return;
    if (seq >= catchup->topic->run.first_seq) {
        catchup->has_reached_log = true;
        return;
    }
    if (catchup->first_seq == 0)
        catchup->first_seq = seq;
    look_for_hole(catchup, seq);
    if (seq != history->run.next_seq && seq <= catchup->history_wanted)
        run_reset(&history->run, seq);
    if (seq != history->run.next_seq || (history_is_full(history) && seq > catchup->history_wanted))
        return;
    if (!history_append(history, body, length))
        catchup->is_broken = true;
}

/* The lobby's oldest entries may have been purged: nothing is before the wanted one either. */
static bool is_purged(const struct catchup *catchup, const struct topic *topic, int64_t wanted)
{
    return topic == catchup->hub->lobby_topic &&
           (catchup->first_seq == 0 || catchup->first_seq > wanted);
}

/*
 * None of the wanted entries exists; the first entry that exists may be in the run. The floor is
 * after all holes among the rows, so that viewers get one message for many holes.
 */
static void skip_hole(struct catchup *catchup, struct topic *topic, int64_t wanted)
{
    int64_t first_seq = topic->run.first_seq;
    int64_t end = catchup->hole_end ? catchup->hole_end : first_seq;

    if (!is_purged(catchup, topic, wanted))
        catchup_note_hole(catchup, topic, wanted, end - 1);
    else if (end > topic->floor)
        topic->floor = end;
    if (catchup->floor > topic->floor)
        topic->floor = catchup->floor;
    if ((catchup->has_reached_log || catchup->rows < HISTORY_ROWS) &&
        catchup->last_seq + 1 < first_seq)
        topic->floor = first_seq;
    join_behind_hole(catchup->hub, topic, wanted, end - 1);
}

/* A topic that has begun anew meanwhile has no use for it. */
void catchup_history_done(struct catchup *catchup, struct topic *topic, struct history *history,
                          bool is_broken)
{
    struct hub *hub = catchup->hub;
    int64_t wanted = catchup->history_wanted;

    if (history->topic && is_broken) {
        replay_fail(topic);
    } else if (history->topic && catchup->rows == 0 && catchup_is_doubtful(catchup, topic)) {
        topics_want(hub, topic, WANT_HISTORY);
    } else if (history->topic && history->run.next_seq <= wanted) {
        skip_hole(catchup, topic, wanted);
    } else if (history->topic) {
        topic->is_doubted = false;
        topic->history_after = history->run.next_seq;
        replay_history_read(hub, topic, history);
    }
    history_release(history);
}
