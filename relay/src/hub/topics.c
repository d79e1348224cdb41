/* The keeping of topics. */
#include "hub/topics.h"

#include <assert.h>

#include "base/clock.h"
#include "base/log.h"
#include "hub/follow.h"

#define TRIM_EVERY_MS 100
#define THIN_AT_ONCE 10000
#define SHED_EVERY_MS 1000

void topics_init(struct hub *hub)
{
    TAILQ_INIT(&hub->shelf.idle);
    TAILQ_INIT(&hub->shelf.followed);
    TAILQ_INIT(&hub->dirty);
    TAILQ_INIT(&hub->awaited.topics);
    for (int want = 0; want < WANT_KINDS; want++)
        wants_init(&hub->wanted[want]);
}

/* Topics that are followed may take as much again as --cache-bytes, and no more. */
static bool topics_has_room(const struct hub *hub)
{
    return hub->cached_bytes / 2 <= hub->settings.cache_bytes;
}

struct topic *topics_find(const struct hub *hub, int64_t match_id)
{
    return map_get(&hub->topics, match_id);
}

struct topic *topics_make(struct hub *hub, int64_t match_id)
{
    struct topic *topic = topics_find(hub, match_id);

    if (topic || !topics_has_room(hub))
        return topic;
    topic = topic_new(match_id, hub->settings.topic_bytes,
                      match_id == TOPIC_LOBBY ? &hub->lobby : NULL);
    if (topic && !map_put(&hub->topics, match_id, topic)) {
        topic_free(topic);
        return NULL;
    }
    if (topic && match_id != TOPIC_LOBBY) {
        topic->shelf = &hub->shelf;
        TAILQ_INSERT_TAIL(&hub->shelf.idle, topic, shelf_link);
        hub->shelf.idle_count++;
    }
    if (topic)
        topics_count(hub, topic);
    return topic;
}

static void topics_await_no_more(struct hub *hub, struct topic *topic)
{
    if (!topic->is_absent)
        return;
    topic->is_absent = false;
    TAILQ_REMOVE(&hub->awaited.topics, topic, absent_link);
    hub->awaited.counts[topic->absent_lane]--;
}

void topics_drop(struct hub *hub, struct topic *topic)
{
    assert(topic->follow_count == 0 && !topic->is_reading && topic != hub->lobby_topic);
    if (topic->is_dirty)
        TAILQ_REMOVE(&hub->dirty, topic, dirty_link);
    topics_await_no_more(hub, topic);
    for (int want = 0; want < WANT_KINDS; want++)
        topics_unwant(hub, topic, (enum want)want);
    TAILQ_REMOVE(&hub->shelf.idle, topic, shelf_link);
    hub->shelf.idle_count--;
    hub->unsure_count -= topic->is_unsure;
    hub->cached_bytes -= topic->counted_bytes;
    map_remove(&hub->topics, topic->match_id);
    history_forget(topic);
    topic_free(topic);
}

void topics_count(struct hub *hub, struct topic *topic)
{
    size_t bytes = topic_memory(topic);

    hub->cached_bytes += bytes - topic->counted_bytes;
    topic->counted_bytes = bytes;
}

void topics_reset(struct hub *hub, struct topic *topic)
{
    topic_reset(topic);
    topics_await_no_more(hub, topic);
    for (int want = 0; want < WANT_KINDS; want++)
        topics_unwant(hub, topic, (enum want)want);
    for (uint32_t i = 0; i < topic->follow_count; i++)
        follow_wait(topic, &topic->follows[i]);
    history_forget(topic);
    if (topic->follow_count > 0 || topic == hub->lobby_topic)
        topics_want(hub, topic, WANT_RETURN);
    topics_count(hub, topic);
}

bool topics_has_fresh(const struct hub *hub, const struct topic *topic)
{
    return hub->feed != HUB_LIVE || clock_ms() - topic->checked_ms <= hub->fresh_for_ms;
}

/* ---- memory ---- */

/* The topic that was left first. A query under way keeps at most one topic. */
static struct topic *topics_find_idle(const struct hub *hub)
{
    struct topic *topic = TAILQ_FIRST(&hub->shelf.idle);

    return topic && topic->is_reading ? TAILQ_NEXT(topic, shelf_link) : topic;
}

static bool topics_is_full(const struct hub *hub)
{
    return hub->cached_bytes > hub->settings.cache_bytes;
}

/* Topics that are followed stay; but their entries are in the table as well. */
static void topics_thin(struct hub *hub)
{
    struct topic *topic;

    for (int i = 0; i < THIN_AT_ONCE && topics_is_full(hub); i++) {
        topic = TAILQ_FIRST(&hub->shelf.followed);
        if (!topic)
            return;
        TAILQ_REMOVE(&hub->shelf.followed, topic, shelf_link);
        TAILQ_INSERT_TAIL(&hub->shelf.followed, topic, shelf_link);
        if (topic_thin(topic))
            topics_count(hub, topic);
    }
}

/* When nothing can be forgotten, it is not tried again in every turn. */
void topics_trim(struct hub *hub)
{
    int64_t now_ms = clock_ms();
    struct topic *topic;

    if (!topics_is_full(hub) && hub->shelf.idle_count <= TOPICS_IDLE_MAX)
        return;
    if (now_ms - hub->trimmed_ms < TRIM_EVERY_MS)
        return;
    hub->trimmed_ms = now_ms;
    while ((topics_is_full(hub) || hub->shelf.idle_count > TOPICS_IDLE_MAX) &&
           (topic = topics_find_idle(hub)))
        topics_drop(hub, topic);
    topics_thin(hub);
}

/*
 * Memory ran out. Viewers that keep up need no extra memory, so the viewers that are behind
 * are cut off, without a close frame, which would need some more; and history that no viewer
 * reads is freed.
 */
void topics_shed(struct hub *hub)
{
    int64_t now_ms = clock_ms();
    struct viewer *viewer;
    size_t count = 0;

    if (hub->shed_ms && now_ms - hub->shed_ms < SHED_EVERY_MS)
        return;
    hub->shed_ms = now_ms;
    for (enum viewer_state state = VIEWER_CHOKED; state <= VIEWER_MUTED; state++)
        for (; (viewer = LIST_FIRST(&hub->viewers.in[state])); count++)
            viewer_close(viewer, CLOSE_LOST);
    history_expire_all(&hub->histories);
    log_error("out of memory: viewers that are behind are cut off", LOG_NUMBER("viewers", count),
              LOG_TEXT("hint", "give the relay more, or lower --max-viewers or --cache-bytes"));
}

/* ---- what they want ---- */

static bool is_load(enum want want)
{
    return want == WANT_RETURN || want == WANT_LOAD || want == WANT_DOCUMENT;
}

void topics_want(struct hub *hub, struct topic *topic, enum want want)
{
    topics_want_for(hub, topic, want, WANTS_OURS);
}

void topics_want_for(struct hub *hub, struct topic *topic, enum want want, uint8_t lane)
{
    if (topic->is_wanted[want]) {
        wants_share(&hub->wanted[want], topic, want, lane);
        return;
    }
    topic->is_wanted[want] = true;
    wants_add(&hub->wanted[want], topic, want, lane);
    if (is_load(want) && !topic->is_known && !topic->is_unsure) {
        topic->is_unsure = true;
        hub->unsure_count++;
    }
}

void topics_unwant(struct hub *hub, struct topic *topic, enum want want)
{
    if (!topic->is_wanted[want])
        return;
    topic->is_wanted[want] = false;
    wants_remove(&hub->wanted[want], topic, want);
}

void topics_unwant_load(struct hub *hub, struct topic *topic)
{
    topics_unwant(hub, topic, WANT_RETURN);
    topics_unwant(hub, topic, WANT_LOAD);
    topics_unwant(hub, topic, WANT_DOCUMENT);
}

static void topics_be_sure(struct hub *hub, struct topic *topic)
{
    hub->unsure_count -= topic->is_unsure;
    topic->is_unsure = false;
}

bool topics_await(struct hub *hub, struct topic *topic, uint8_t lane)
{
    topic->is_known = false;
    topics_unwant_load(hub, topic);
    topics_be_sure(hub, topic);
    if (topic->is_absent)
        return true;
    if (hub->awaited.counts[lane] >= AWAITED_LANE_MAX)
        return false;
    hub->awaited.counts[lane]++;
    topic->is_absent = true;
    topic->absent_lane = lane;
    TAILQ_INSERT_TAIL(&hub->awaited.topics, topic, absent_link);
    return true;
}

void topics_know(struct hub *hub, struct topic *topic)
{
    bool was_absent = topic->is_absent;

    topics_await_no_more(hub, topic);
    topic->is_known = true;
    topics_be_sure(hub, topic);
    absent_forget(&hub->absent, topic->match_id);
    if (was_absent && !topic->is_loaded)
        topics_want(hub, topic, WANT_RETURN);
}

void topics_announce(struct hub *hub, struct topic *topic, int64_t seq)
{
    if (seq > topic->announced)
        topic->announced = seq;
    if (topic->is_absent)
        topics_know(hub, topic);
    if (topic->is_loaded && topic->announced > topic_head(topic))
        topics_want(hub, topic, WANT_NEWER);
}
