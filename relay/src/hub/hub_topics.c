/* The keeping of topics. */
#include "hub/hub_topics.h"

#include <assert.h>

#include "base/clock.h"
#include "base/log.h"
#include "hub/join.h"

#define TRIM_EVERY_MS 1000
#define SHED_EVERY_MS 1000

struct topic *hub_topic(const struct hub *hub, int64_t match_id)
{
    return map_get(&hub->topics, match_id);
}

struct topic *hub_make_topic(struct hub *hub, int64_t match_id)
{
    struct topic *topic = hub_topic(hub, match_id);

    if (topic || hub->topics.count >= HUB_TOPICS_MAX)
        return topic;
    topic = topic_new(match_id, hub->settings.topic_bytes,
                      match_id == TOPIC_LOBBY ? &hub->lobby : NULL);
    if (topic && !map_put(&hub->topics, match_id, topic)) {
        topic_free(topic);
        return NULL;
    }
    if (topic) {
        TAILQ_INSERT_TAIL(&hub->by_use, topic, use_link);
        hub_count(hub, topic);
    }
    return topic;
}

void hub_drop_topic(struct hub *hub, struct topic *topic)
{
    assert(topic->follow_count == 0 && !topic->is_reading && topic != hub->lobby_topic);
    if (topic->is_dirty)
        TAILQ_REMOVE(&hub->dirty, topic, dirty_link);
    for (int want = 0; want < WANT_KINDS; want++)
        hub_unwant(hub, topic, (enum want)want);
    TAILQ_REMOVE(&hub->by_use, topic, use_link);
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
    TAILQ_REMOVE(&hub->by_use, topic, use_link);
    TAILQ_INSERT_TAIL(&hub->by_use, topic, use_link);
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
        hub_want(hub, topic, WANT_LOAD);
    hub_count(hub, topic);
}

/* ---- memory ---- */

static struct topic *hub_find_idle(const struct hub *hub)
{
    struct topic *topic;

    TAILQ_FOREACH (topic, &hub->by_use, use_link)
        if (topic->follow_count == 0 && !topic->is_reading && topic != hub->lobby_topic)
            return topic;
    return NULL;
}

/* When nothing can be forgotten, it is not tried again in every turn. */
void hub_trim(struct hub *hub)
{
    int64_t now_ms = clock_ms();
    struct topic *topic;

    if (now_ms - hub->trimmed_ms < TRIM_EVERY_MS)
        return;
    while (hub->cached_bytes > hub->settings.cache_bytes && (topic = hub_find_idle(hub)))
        hub_drop_topic(hub, topic);
    hub->trimmed_ms = now_ms;
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

void hub_want(struct hub *hub, struct topic *topic, enum want want)
{
    if (topic->is_wanted[want])
        return;
    topic->is_wanted[want] = true;
    TAILQ_INSERT_TAIL(&hub->wanted[want], topic, want_links[want]);
}

void hub_unwant(struct hub *hub, struct topic *topic, enum want want)
{
    if (!topic->is_wanted[want])
        return;
    topic->is_wanted[want] = false;
    TAILQ_REMOVE(&hub->wanted[want], topic, want_links[want]);
}

void hub_announce(struct hub *hub, struct topic *topic, int64_t seq)
{
    if (seq > topic->announced)
        topic->announced = seq;
    if (!topic->is_loaded)
        hub_want(hub, topic, WANT_LOAD);
    else if (topic->announced > topic_head(topic))
        hub_want(hub, topic, WANT_NEWER);
}
