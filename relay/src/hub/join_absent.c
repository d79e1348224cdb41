/*
 * Joining a match that the source does not have. A viewer that names a place in it has seen it
 * elsewhere: where the source may lag, it waits for the match as a viewer that is ahead does.
 * Any other viewer is refused at once, unless it came while the source was being asked.
 */
#include <string.h>

#include "base/clock.h"
#include "hub/follow.h"
#include "hub/join.h"
#include "hub/liveness.h"
#include "hub/topics.h"

/* How long a viewer that is ahead of a source waits for it, if the source may lag … */
#define AHEAD_MS 30000
/* … if the viewer's epoch is not known here, because it may never come … */
#define UNKNOWN_EPOCH_MS 10000
/* … and for a document, because an exchange has to end soon. */
#define DOCUMENT_MS 5000
/*
 * How long a document waits for its place in a match that the source has. The next check ends
 * the wait: the two together are less than the page waits for an answer. If checks are so rare
 * that this does not hold, the document does not wait.
 */
#define AHEAD_DOCUMENT_MS 2000
#define DOCUMENT_CHECKS_MS 6000
/* How often the source is asked for the matches for which viewers wait. */
#define ASK_EVERY_MS 1000

static bool has_time(struct wish *wish, int64_t patience_ms)
{
    if (wish->until_ms == 0)
        wish->until_ms = clock_ms() + patience_ms;
    return clock_ms() < wish->until_ms;
}

bool join_has_patience(struct wish *wish, bool is_of_epoch)
{
    return has_time(wish, is_of_epoch ? AHEAD_MS : UNKNOWN_EPOCH_MS);
}

bool join_document_has_patience(const struct hub *hub, struct wish *wish)
{
    return hub->fresh_for_ms <= DOCUMENT_CHECKS_MS && has_time(wish, AHEAD_DOCUMENT_MS);
}

/* A document may name its place without an epoch. A relay that reads decides for its own viewers.
 */
static bool has_seen_it(const struct viewer *viewer, const struct wish *wish)
{
    if (viewer->is_document)
        return !viewer->is_edge && wish->since_seq > 0;
    return *wish->since_epoch != '\0';
}

/* The source has all that is left of that epoch: what is not there was lost with it. */
static bool is_of_past(const struct hub *hub, const char *epoch)
{
    return strcmp(epoch, hub->epoch) != 0 && (lineage_has_left(&hub->left, epoch) ||
                                              lineage_find(&hub->lobby_topic->lineage, epoch) >= 0);
}

bool join_may_await(const struct hub *hub, const struct viewer *viewer, struct wish *wish)
{
    if (!hub->may_lag || !wish || !has_seen_it(viewer, wish) ||
        (*wish->since_epoch && is_of_past(hub, wish->since_epoch)))
        return false;
    if (viewer->is_document)
        return has_time(wish, DOCUMENT_MS);
    return join_has_patience(wish, strcmp(wish->since_epoch, hub->epoch) == 0);
}

void join_refuse_unknown(struct hub *hub, struct viewer *viewer, int64_t match_id)
{
    viewer_refuse(viewer, &hub->scratch, "unknown_match", "there is no match of that number",
                  match_id);
}

static void join_absent_one(struct hub *hub, struct topic *topic, uint32_t index)
{
    struct follow *follow = &topic->follows[index];
    struct viewer *viewer = follow->viewer;

    if (follow_is_later(topic, follow)) {
        join_try(hub, topic, index); /* has it looked for again */
        return;
    }
    if (follow->state == FOLLOW_WAITING && join_may_await(hub, viewer, follow->wish) &&
        topics_await(hub, topic, viewer->lane)) {
        liveness_tell_late(hub, viewer);
        return;
    }
    viewer_unfollow(viewer, (int)follow->slot);
    join_refuse_unknown(hub, viewer, topic->match_id);
    liveness_tell(hub, viewer);
}

/* From the end: the last follow moves to the place of one that goes away. */
bool join_absent(struct hub *hub, struct topic *topic)
{
    absent_add(&hub->absent, topic->match_id, clock_ms());
    if (topic->is_loaded) {
        topic_reset(topic);
        topics_count(hub, topic);
    }
    for (uint32_t i = topic->follow_count; i-- > 0;)
        join_absent_one(hub, topic, i);
    return topic->follow_count > 0;
}

/* The answer tells which of them are there now, and refuses those who have waited too long. */
void join_ask_again(struct hub *hub)
{
    struct topic *topic, *next;
    int64_t now_ms = clock_ms();

    if (now_ms - hub->awaited.asked_ms < ASK_EVERY_MS)
        return;
    hub->awaited.asked_ms = now_ms;
    for (topic = TAILQ_FIRST(&hub->awaited.topics); topic; topic = next) {
        next = TAILQ_NEXT(topic, absent_link);
        if (topic->follow_count > 0)
            topics_want(hub, topic, WANT_HEAD);
        else if (!topic->is_reading)
            topics_drop(hub, topic);
    }
}

bool join_waits_for_source(const struct viewer *viewer)
{
    for (int i = 0; i < viewer->slot_count; i++) {
        const struct viewer_slot *slot = &viewer->slots[i];
        const struct follow *follow = &slot->topic->follows[slot->follow];

        if (follow->state == FOLLOW_WAITING && follow->wish && follow->wish->until_ms > 0)
            return true;
    }
    return false;
}
