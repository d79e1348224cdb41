/* The keeping of topics. */
#include "hub/hub_topics.h"

#include <assert.h>

#include "base/clock.h"
#include "base/log.h"
#include "hub/join.h"

#define TRIM_EVERY_MS 100
#define THIN_AT_ONCE 10000
#define SHED_EVERY_MS 1000

static bool hub_has_room(const struct hub *hub);

struct topic *hub_topic(const struct hub *hub, int64_t match_id)
{
    return map_get(&hub->topics, match_id);
}

struct topic *hub_make_topic(struct hub *hub, int64_t match_id)
{
    struct topic *topic = hub_topic(hub, match_id);

    if (topic || !hub_has_room(hub))
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
        hub_count(hub, topic);
    return topic;
}

void hub_drop_topic(struct hub *hub, struct topic *topic)
{
    assert(topic->follow_count == 0 && !topic->is_reading && topic != hub->lobby_topic);
    if (topic->is_dirty)
        TAILQ_REMOVE(&hub->dirty, topic, dirty_link);
    for (int want = 0; want < WANT_KINDS; want++)
        hub_unwant(hub, topic, (enum want)want);
    TAILQ_REMOVE(&hub->shelf.idle, topic, shelf_link);
    hub->shelf.idle_count--;
    hub->unsure_count -= topic->is_unsure;
    hub->cached_bytes -= topic->counted_bytes;
    map_remove(&hub->topics, topic->match_id);
    page_forget(topic);
    topic_free(topic);
}

void hub_count(struct hub *hub, struct topic *topic)
{
    size_t bytes = topic_memory(topic);

    hub->cached_bytes += bytes - topic->counted_bytes;
    topic->counted_bytes = bytes;
}

void hub_reset_topic(struct hub *hub, struct topic *topic)
{
    topic_reset(topic);
    for (int want = 0; want < WANT_KINDS; want++)
        hub_unwant(hub, topic, (enum want)want);
    for (uint32_t i = 0; i < topic->follow_count; i++)
        join_again(&topic->follows[i]);
    page_forget(topic);
    if (topic->follow_count > 0 || topic == hub->lobby_topic)
        hub_want(hub, topic, WANT_RETURN);
    hub_count(hub, topic);
}

bool hub_is_fresh(const struct hub *hub, const struct topic *topic)
{
    return hub->feed != HUB_LIVE || clock_ms() - topic->checked_ms <= hub->fresh_for_ms;
}

/* ---- memory ---- */

/* The one that was left first. A query under way keeps one topic at most. */
static struct topic *hub_find_idle(const struct hub *hub)
{
    struct topic *topic = TAILQ_FIRST(&hub->shelf.idle);

    return topic && topic->is_reading ? TAILQ_NEXT(topic, shelf_link) : topic;
}

static bool hub_is_full(const struct hub *hub)
{
    return hub->cached_bytes > hub->settings.cache_bytes;
}

/* Topics that are followed stay; but their entries are in the table as well. */
static void hub_thin(struct hub *hub)
{
    struct topic *topic;

    for (int i = 0; i < THIN_AT_ONCE && hub_is_full(hub); i++) {
        topic = TAILQ_FIRST(&hub->shelf.followed);
        if (!topic)
            return;
        TAILQ_REMOVE(&hub->shelf.followed, topic, shelf_link);
        TAILQ_INSERT_TAIL(&hub->shelf.followed, topic, shelf_link);
        if (topic_thin(topic))
            hub_count(hub, topic);
    }
}

/* When nothing can be forgotten, it is not tried again in every turn. */
void hub_trim(struct hub *hub)
{
    int64_t now_ms = clock_ms();
    struct topic *topic;

    if (!hub_is_full(hub) && hub->shelf.idle_count <= HUB_IDLE_MAX)
        return;
    if (now_ms - hub->trimmed_ms < TRIM_EVERY_MS)
        return;
    hub->trimmed_ms = now_ms;
    while ((hub_is_full(hub) || hub->shelf.idle_count > HUB_IDLE_MAX) &&
           (topic = hub_find_idle(hub)))
        hub_drop_topic(hub, topic);
    hub_thin(hub);
}

/* Those that are followed may take as much again as --cache-bytes, and then there is an end. */
static bool hub_has_room(const struct hub *hub)
{
    return hub->cached_bytes / 2 <= hub->settings.cache_bytes;
}

/*
 * Memory ran out. Who keeps up needs none: so those who are behind go, at once,
 * without the frame that would need some more, and with them what nobody reads.
 */
void hub_shed(struct hub *hub)
{
    int64_t now_ms = clock_ms();
    struct viewer *viewer;
    size_t count = 0;

    if (hub->shed_ms && now_ms - hub->shed_ms < SHED_EVERY_MS)
        return;
    hub->shed_ms = now_ms;
    LIST_FOREACH (viewer, &hub->viewers, link) {
        if (viewer->is_choked && viewer->close_code == CLOSE_NONE) {
            viewer_close(viewer, CLOSE_LOST);
            count++;
        }
    }
    page_expire_all(&hub->pages);
    log_error("out of memory: viewers that are behind are cut off", LOG_NUMBER("viewers", count),
              LOG_TEXT("hint", "give the relay more, or lower --max-viewers or --cache-bytes"));
}

/* ---- what they want ---- */

static bool is_load(enum want want)
{
    return want == WANT_RETURN || want == WANT_LOAD || want == WANT_DOCUMENT;
}

void hub_want(struct hub *hub, struct topic *topic, enum want want)
{
    if (topic->is_wanted[want])
        return;
    topic->is_wanted[want] = true;
    TAILQ_INSERT_TAIL(&hub->wanted[want], topic, want_links[want]);
    if (is_load(want) && !topic->is_known && !topic->is_unsure) {
        topic->is_unsure = true;
        hub->unsure_count++;
    }
}

void hub_unwant(struct hub *hub, struct topic *topic, enum want want)
{
    if (!topic->is_wanted[want])
        return;
    topic->is_wanted[want] = false;
    TAILQ_REMOVE(&hub->wanted[want], topic, want_links[want]);
}

void hub_unwant_load(struct hub *hub, struct topic *topic)
{
    hub_unwant(hub, topic, WANT_RETURN);
    hub_unwant(hub, topic, WANT_LOAD);
    hub_unwant(hub, topic, WANT_DOCUMENT);
}

void hub_know(struct hub *hub, struct topic *topic)
{
    topic->is_known = true;
    hub->unsure_count -= topic->is_unsure;
    topic->is_unsure = false;
}

void hub_announce(struct hub *hub, struct topic *topic, int64_t seq)
{
    if (seq > topic->announced)
        topic->announced = seq;
    if (topic->is_loaded && topic->announced > topic_head(topic))
        hub_want(hub, topic, WANT_NEWER);
}
