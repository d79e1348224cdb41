/*
 * Joining a topic.
 *
 * The answer `subscribed` is made when it can be sent, of the topic as it is
 * then; the cursor is set in the same step. So nothing has to be remembered for
 * a viewer that cannot take it yet, and nothing can come in between.
 */
#include "hub/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "hub/follow.h"
#include "hub/liveness.h"
#include "hub/replay.h"
#include "hub/topics.h"

static struct wish wish_of(const char *epoch, int64_t seq)
{
    struct wish wish = {.since_seq = seq};

    memcpy(wish.since_epoch, epoch, strlen(epoch) + 1);
    return wish;
}

static struct wish *wish_new(const char *epoch, int64_t seq)
{
    struct wish *wish = calloc(1, sizeof(*wish));

    if (wish)
        *wish = wish_of(epoch, seq);
    return wish;
}

static void say_unavailable(struct hub *hub, struct viewer *viewer, int64_t match_id)
{
    viewer_refuse(viewer, &hub->scratch, "unavailable",
                  "the database is away and this match is not in memory: try again after live",
                  match_id);
}

/* The source has been asked for this match a moment ago, and has not got it. */
static bool join_is_unknown(const struct hub *hub, const struct topic *topic,
                            const struct viewer *viewer, const struct request *request)
{
    struct wish wish = wish_of(request->since_epoch, request->since_seq);

    return (!topic || topic->is_absent) &&
           absent_has(&hub->absent, request->match_id, clock_ms()) &&
           !join_may_await(hub, viewer, request->has_since ? &wish : NULL);
}

static void join_refuse(struct hub *hub, struct topic *topic, uint32_t index)
{
    struct follow *follow = &topic->follows[index];
    struct viewer *viewer = follow->viewer;

    viewer_unfollow(viewer, (int)follow->slot);
    say_unavailable(hub, viewer, topic->match_id);
}

void join_subscribe(struct hub *hub, struct viewer *viewer, const struct request *request)
{
    struct topic *topic = topics_find(hub, request->match_id);
    struct wish *wish = NULL;
    struct follow *follow;

    if (topic && viewer_find(viewer, topic) >= 0) {
        viewer_refuse(viewer, &hub->scratch, "already_subscribed", "this match is followed already",
                      request->match_id);
        return;
    }
    if (join_is_unknown(hub, topic, viewer, request)) {
        join_refuse_unknown(hub, viewer, request->match_id);
        return;
    }
    if (viewer->slot_count >= VIEWER_TOPICS_MAX) {
        viewer_refuse(viewer, &hub->scratch, "too_many_matches",
                      "a viewer follows at most 128 topics", request->match_id);
        return;
    }
    topic = topics_make(hub, request->match_id);
    if (request->has_since)
        wish = wish_new(request->since_epoch, request->since_seq);
    if (!topic || (request->has_since && !wish)) {
        free(wish);
        say_unavailable(hub, viewer, request->match_id);
        return;
    }
    follow = viewer_follow(viewer, topic, wish);
    if (!follow) {
        say_unavailable(hub, viewer, request->match_id);
        return;
    }
    follow->history = (uint16_t)request->history;
    join_try(hub, topic, (uint32_t)(follow - topic->follows));
}

void join_unsubscribe(struct hub *hub, struct viewer *viewer, int64_t match_id)
{
    struct topic *topic = topics_find(hub, match_id);
    int slot = topic ? viewer_find(viewer, topic) : -1;

    if (slot < 0) {
        viewer_refuse(viewer, &hub->scratch, "not_subscribed", "this match is not followed",
                      match_id);
        return;
    }
    viewer_unfollow(viewer, slot);
    protocol_unsubscribed(&hub->scratch, match_id);
    viewer_say(viewer, frame_end(&hub->scratch));
    liveness_tell(hub, viewer);
}

/*
 * A request without an epoch (request.h) means a seq of the current epoch. A viewer that
 * holds nothing, seq 0, has nothing of another epoch either.
 */
static bool wish_is_of_epoch(const struct hub *hub, const struct wish *wish)
{
    return wish && (!*wish->since_epoch || wish->since_seq == 0 ||
                    strcmp(wish->since_epoch, hub->epoch) == 0);
}

/*
 * The viewer has seen more than we have: of another relay that was faster. Only
 * when the table has been read after the question is it known to be wrong.
 */
static bool must_read_first(const struct hub *hub, struct topic *topic, struct wish *wish)
{
    if (!wish_is_of_epoch(hub, wish) || wish->since_seq <= topic_head(topic) || !*wish->since_epoch)
        return false;
    if (wish->needs_read == 0)
        wish->needs_read = topic->reads_begun + 1;
    return topic->reads_done < wish->needs_read;
}

/* It has seen what is not here yet: entries of this epoch, or of one that comes after it. */
static bool is_ahead(const struct hub *hub, const struct topic *topic, const struct wish *wish)
{
    if (!wish || !*wish->since_epoch)
        return false;
    if (wish_is_of_epoch(hub, wish))
        return wish->since_seq > topic_head(topic);
    return lineage_find(&topic->lineage, wish->since_epoch) < 0 &&
           !lineage_has_left(&hub->left, wish->since_epoch);
}

/*
 * A viewer that was at a faster relay goes on here as well, once this one has come as far.
 * Not so a relay that follows this one: it has its own viewers to decide for.
 */
static bool must_wait_for_source(const struct hub *hub, const struct topic *topic,
                                 const struct follow *follow)
{
    const struct viewer *viewer = follow->viewer;
    struct wish *wish = follow->wish;

    if (!hub->may_lag || viewer->is_edge || !is_ahead(hub, topic, wish))
        return false;
    return viewer->is_document ? join_document_has_patience(hub, wish)
                               : join_has_patience(wish, wish_is_of_epoch(hub, wish));
}

/* It is looked at again when its entry has come, and after each check of the topic. */
static void wait_for_source(struct hub *hub, struct topic *topic, const struct follow *follow)
{
    const struct wish *wish = follow->wish;

    topic->is_awaited = true;
    if (wish_is_of_epoch(hub, wish) &&
        (topic->ahead_seq == 0 || wish->since_seq < topic->ahead_seq))
        topic->ahead_seq = wish->since_seq;
    liveness_tell_late(hub, follow->viewer);
}

/* The last seq that the viewer may hold. Of another epoch: as far as that is ours as well. */
static int64_t last_in_common(const struct hub *hub, const struct topic *topic,
                              const struct wish *wish)
{
    int64_t branch, head = topic_head(topic);

    if (wish_is_of_epoch(hub, wish))
        return head;
    branch = lineage_find(&topic->lineage, wish->since_epoch);
    return branch < head ? branch : head;
}

/*
 * Can the viewer go on where it was, with every entry from there on? A document is not
 * meant to: it takes the entries that there are.
 */
static bool can_resume(const struct hub *hub, const struct topic *topic,
                       const struct follow *follow)
{
    const struct wish *wish = follow->wish;

    return wish && wish->since_seq <= last_in_common(hub, topic, wish) &&
           (follow->viewer->is_document || wish->since_seq + 1 >= topic->floor);
}

/* Where the run has to be joined: the first entry that the viewer is to get. */
static int64_t first_wanted(const struct topic *topic, const struct follow *follow,
                            bool is_recovered)
{
    if (is_recovered)
        return follow->wish->since_seq + 1;
    if (follow->viewer->is_document)
        return lines_first(&topic->lines, follow->history, topic->run.next_seq);
    return topic_history(topic, follow->history);
}

static bool send_joined(struct topic *topic, struct viewer *viewer, struct span joined,
                        bool is_recovered)
{
    struct body *body = topic_joined_body(topic, is_recovered);

    return body ? viewer_send_body(viewer, body, 0, joined.length)
                : viewer_send(viewer, joined.bytes, joined.length);
}

static void join(struct hub *hub, struct topic *topic, uint32_t index)
{
    struct follow *follow = &topic->follows[index];
    bool is_recovered = can_resume(hub, topic, follow);
    struct span joined = topic_joined(topic, hub->epoch, is_recovered);
    int64_t next_seq = first_wanted(topic, follow, is_recovered);

    if (joined.length == 0) {
        viewer_close(follow->viewer, CLOSE_TOO_MANY);
        return;
    }
    replay_from(topic, follow, next_seq);
    if (send_joined(topic, follow->viewer, joined, is_recovered))
        replay_pump(hub, topic, index);
}

/* The last entry that it was sent; -1: it is too far behind to tell. */
static int64_t place_of(const struct topic *topic, const struct follow *follow)
{
    switch (follow->state) {
    case FOLLOW_LIVE:
        return follow->cursor < topic->run.tail ? -1 : run_seq(&topic->run, follow->cursor) - 1;
    case FOLLOW_REPLAY:
        return run_seq(&follow->replayed->run, follow->cursor) - 1;
    default:
        return (int64_t)follow->cursor - 1;
    }
}

/*
 * A viewer that is too far behind, or for whose place there is no memory, starts afresh. It is
 * not closed here: who calls walks through the topics, and a viewer that leaves moves them.
 */
static void wait_again(struct topic *topic, struct follow *follow, const char *epoch)
{
    int64_t place = place_of(topic, follow);

    follow_wait(topic, follow);
    if (place >= 0 && !follow->viewer->is_document)
        follow->wish = wish_new(epoch, place);
}

void join_again(struct topic *topic, const char *epoch)
{
    for (uint32_t i = 0; i < topic->follow_count; i++)
        if (topic->follows[i].state != FOLLOW_WAITING)
            wait_again(topic, &topic->follows[i], epoch);
}

static enum want join_kind(const struct follow *follow)
{
    if (follow->viewer->is_document)
        return WANT_DOCUMENT;
    return follow->wish ? WANT_RETURN : WANT_LOAD;
}

void join_try(struct hub *hub, struct topic *topic, uint32_t index)
{
    struct follow *follow = &topic->follows[index];
    bool is_fresh = topic->is_loaded && topics_has_fresh(hub, topic);
    bool can_tell = is_fresh && !must_read_first(hub, topic, follow->wish);
    bool is_early = can_tell && must_wait_for_source(hub, topic, follow);

    if (viewer_is_choked(follow->viewer))
        return; /* hub_writable() comes back to it */
    if (can_tell && !is_early) {
        join(hub, topic, index);
    } else if (hub->feed == HUB_AWAY) {
        join_refuse(hub, topic, index);
    } else if (is_early) {
        wait_for_source(hub, topic, follow);
    } else if (topic->is_absent && join_may_await(hub, follow->viewer, follow->wish)) {
        liveness_tell_late(hub, follow->viewer);
    } else if (topic->is_loaded && !is_fresh) {
        topic->is_awaited = true;
        topics_want(hub, topic, WANT_HEAD);
    } else {
        topics_want_for(hub, topic, topic->is_loaded ? WANT_RETURN : join_kind(follow),
                        follow->viewer->lane);
    }
}

/* From the end: the last follow moves to the place of a follow that goes away. */
void join_all(struct hub *hub, struct topic *topic)
{
    topic->is_awaited = false;
    topic->ahead_seq = 0;
    if (topic->follows_in[FOLLOW_WAITING] == 0)
        return;
    for (uint32_t i = topic->follow_count; i-- > 0;)
        if (topic->follows[i].state == FOLLOW_WAITING)
            join_try(hub, topic, i);
}

void join_fail(struct hub *hub, struct topic *topic, const char *code, const char *message)
{
    while (topic->follow_count > 0) {
        struct follow *follow = &topic->follows[topic->follow_count - 1];
        struct viewer *viewer = follow->viewer;

        viewer_unfollow(viewer, (int)follow->slot);
        viewer_refuse(viewer, &hub->scratch, code, message, topic->match_id);
        liveness_tell(hub, viewer);
    }
}

void join_give_up(struct hub *hub)
{
    struct topic *topic;
    size_t position = 0;

    while ((topic = map_next(&hub->topics, &position)))
        join_all(hub, topic);
}

/*
 * A viewer that has still to be sent entries from before the hole, or that stands at its edge,
 * starts afresh after the hole. A viewer that is past the hole goes on.
 */
void join_past_hole(struct topic *topic)
{
    for (uint32_t i = 0; i < topic->follow_count; i++) {
        struct follow *follow = &topic->follows[i];

        if (follow->state == FOLLOW_LIVE && follow->cursor < topic->run.tail)
            follow_wait(topic, follow);
    }
}

/* From the end: the last follow moves to the place of one whose viewer is closed. */
void join_behind_hole(struct hub *hub, struct topic *topic, int64_t from, int64_t to)
{
    for (uint32_t i = topic->follow_count; i-- > 0;) {
        struct follow *follow = &topic->follows[i];
        int64_t wanted = (int64_t)follow->cursor;

        if (follow->state != FOLLOW_READING || wanted < from || wanted > to)
            continue;
        if (follow->viewer->is_document) {
            replay_from(topic, follow, to + 1);
            replay_pump(hub, topic, i);
        } else {
            follow_wait(topic, follow);
            join_try(hub, topic, i);
        }
    }
}
