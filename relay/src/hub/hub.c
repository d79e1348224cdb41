/*
 * The hub. The way of an entry, from top to bottom:
 *
 *     hub_notice     a payload, taken apart
 *     hub_publish    one entry into its topic's run, framed once
 *     hub_turn_end   the turn is over: each topic with news …
 *     hub_fan_out    … to each viewer that follows it, one write (viewer_pump)
 */
#include "hub/hub.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "hub/audience.h"
#include "hub/drain.h"
#include "hub/join.h"
#include "hub/liveness.h"
#include "hub/replay.h"
#include "hub/topics.h"
#include "stats/stats.h"
#include "wire/request.h"

#define COMPLAIN_EVERY_MS 10000
#define HINTS_PER_S 50
#define HINTS_AT_ONCE 50
#define FRESH_FOR_MS 6000
#define AHEAD 4 /* viewers: a send takes some microseconds, a cache miss a tenth of one */

static void hub_touch(struct hub *hub, struct topic *topic);
static void hub_complain(struct hub *hub);

/* ---- the hot path ---- */

void hub_notice(struct hub *hub, const char *payload)
{
    struct notice notice;
    struct topic *topic;
    const char *body;
    size_t length;
    int64_t seq, next_seq;

    relay_stats.notices++;
    if (!notice_parse(&notice, payload)) {
        relay_stats.malformed++;
        hub_complain(hub);
        hub_suspect(hub);
        return;
    }
    if (strcmp(notice.epoch, hub->epoch) != 0) {
        hub->needs_check = true; /* the table has the entries as well */
        return;
    }
    if (notice.count == 0) {
        hub->needs_check = true; /* we have that epoch already: a follower was given much at once */
        return;
    }
    if (notice.flushed_us)
        stats_came(clock_real_us() - notice.flushed_us);
    topic = topics_find(hub, notice.match_id);
    if (!topic) {
        absent_forget(&hub->absent, notice.match_id);
        return; /* no viewer has asked for this match; one that does gets it from the table */
    }
    next_seq = topic->run.next_seq;
    for (seq = notice.first_seq; notice_next(&notice, &body, &length); seq++)
        hub_publish(hub, topic, seq, body, length);
    if (notice.flushed_us)
        topic_note_flush(topic, topic->run.next_seq - next_seq, notice.flushed_us);
    if (!notice.has_entries)
        topics_announce(hub, topic, notice.first_seq + notice.count - 1);
}

void hub_publish(struct hub *hub, struct topic *topic, int64_t seq, const char *body, size_t length)
{
    if (!topic->is_loaded) {
        topics_announce(hub, topic, seq);
        return;
    }
    switch (topic_publish(topic, seq, body, length)) {
    case PUBLISHED:
        hub_touch(hub, topic);
        break;
    case PUBLISHED_BEFORE:
        break;
    case PUBLISHED_GAP:
        topics_announce(hub, topic, seq);
        break;
    case PUBLISHED_FAILED:
        topics_shed(hub);
        topics_announce(hub, topic, seq); /* it is in the table as well */
        break;
    }
}

void hub_take_entry(struct hub *hub, const struct hub_entry *entry)
{
    struct topic *topic = topics_find(hub, entry->match_id);
    int64_t next_seq;

    if (!topic) {
        absent_forget(&hub->absent, entry->match_id);
        return;
    }
    next_seq = topic->run.next_seq;
    hub_publish(hub, topic, entry->seq, entry->body, entry->length);
    topic_note_flush(topic, topic->run.next_seq - next_seq, entry->flushed_us);
}

static void hub_touch(struct hub *hub, struct topic *topic)
{
    topics_count(hub, topic);
    if (topic->is_dirty)
        return;
    topic->is_dirty = true;
    TAILQ_INSERT_TAIL(&hub->dirty, topic, dirty_link);
}

/*
 * From the end: a viewer that is closed unfollows, and the last follow moves to its place.
 * Among ten thousand viewers none is in the CPU's cache, so the next ones are prefetched.
 */
static void hub_fan_out(struct topic *topic)
{
    for (uint32_t i = topic->follow_count; i-- > 0;) {
        struct follow *follow = &topic->follows[i];

        if (i >= AHEAD)
            viewer_prefetch(follow[-AHEAD].viewer);
        if (follow->state == FOLLOW_LIVE)
            viewer_pump(follow->viewer, topic, follow);
    }
}

/* The last viewer that keeps up has been sent the entries: one look at the clock for all. */
static void hub_observe(struct topic *topic)
{
    if (topic->follow_count > 0)
        stats_observe(clock_real_us() - topic->fresh_since_us, (uint64_t)topic->fresh);
    topic->fresh = 0;
}

static void hub_fan_out_all(struct hub *hub)
{
    struct topic *topic;

    while ((topic = TAILQ_FIRST(&hub->dirty))) {
        TAILQ_REMOVE(&hub->dirty, topic, dirty_link);
        topic->is_dirty = false;
        hub_fan_out(topic);
        if (topic->ahead_seq > 0 && topic->ahead_seq <= topic_head(topic))
            join_all(hub, topic);
        if (topic->fresh > 0)
            hub_observe(topic);
    }
}

void hub_turn_end(struct hub *hub)
{
    hub_fan_out_all(hub);
    join_ask_again(hub);
    drain_go_on(hub);
    replay_trim(hub);
    gate_turn_end(&hub->gate);
    topics_trim(hub);
}

/* ---- from the start to the end ---- */

bool hub_init(struct hub *hub, const struct hub_settings *settings)
{
    *hub = (struct hub){.settings = *settings, .feed = HUB_AWAY, .lost_ms = clock_ms()};
    for (int state = 0; state < VIEWER_STATES; state++)
        LIST_INIT(&hub->viewers.in[state]);
    audience_init(&hub->audience);
    gate_init(&hub->gate, settings->auth, settings->auth_within_ms, &hub->scratch);
    TAILQ_INIT(&hub->histories.histories);
    topics_init(hub);
    hub->fresh_for_ms = FRESH_FOR_MS;
    listings_init(&hub->listings);
    hub->lobby_topic = topics_make(hub, TOPIC_LOBBY);
    if (!hub->lobby_topic)
        return false;
    topics_know(hub, hub->lobby_topic);
    topics_want(hub, hub->lobby_topic, WANT_RETURN);
    return true;
}

void hub_free(struct hub *hub)
{
    struct topic *topic;
    size_t position = 0;

    while ((topic = map_next(&hub->topics, &position))) {
        history_forget(topic);
        topic_free(topic);
    }
    map_free(&hub->topics);
    listings_free(&hub->listings);
    absent_free(&hub->absent);
    audience_free(&hub->audience);
    lobby_free(&hub->lobby);
    buffer_free(&hub->scratch);
}

/* ---- the feed's state ---- */

/* `live` promises that what was missed has been sent: so that goes out first. */
void hub_set_feed(struct hub *hub, enum hub_feed feed)
{
    if (hub->feed == HUB_LIVE && feed != HUB_LIVE)
        hub->lost_ms = clock_ms();
    hub->feed = feed;
    hub_fan_out_all(hub);
    if (feed == HUB_AWAY)
        join_give_up(hub);
    listings_set_away(&hub->listings, feed == HUB_AWAY);
    liveness_tell_all(hub);
}

/* A topic without followers is loaded again when a viewer asks for it. */
static void hub_reset_all(struct hub *hub, const char *epoch)
{
    struct topic *topic, *next;

    for (topic = TAILQ_FIRST(&hub->shelf.idle); topic; topic = next) {
        next = TAILQ_NEXT(topic, shelf_link);
        if (topic->is_reading)
            topics_reset(hub, topic);
        else
            topics_drop(hub, topic);
    }
    TAILQ_FOREACH (topic, &hub->shelf.followed, shelf_link) {
        join_again(topic, epoch);
        topics_reset(hub, topic);
    }
    join_again(hub->lobby_topic, epoch);
    topics_reset(hub, hub->lobby_topic);
}

void hub_set_epoch(struct hub *hub, const char *epoch)
{
    char before[EPOCH_BYTES_MAX + 1];

    if (strlen(epoch) > EPOCH_BYTES_MAX || strcmp(epoch, hub->epoch) == 0)
        return;
    if (*hub->epoch) {
        lineage_leave(&hub->left, hub->epoch);
        relay_stats.epoch_changes++;
        log_warn("the epoch is another one: viewers that hold what it does not have start afresh",
                 LOG_TEXT("epoch", epoch), LOG_TEXT("before", hub->epoch));
    }
    memcpy(before, hub->epoch, sizeof(before));
    memcpy(hub->epoch, epoch, strlen(epoch) + 1);
    hub_reset_all(hub, before);
}

/* Beyond the number of looks, the heads tell all at once where there is something new. */
void hub_hint(struct hub *hub, const char *payload)
{
    struct notice notice;
    struct topic *topic;

    relay_stats.hints++;
    if (!bucket_take(&hub->hints, clock_ms(), HINTS_PER_S, HINTS_AT_ONCE) ||
        !notice_parse(&notice, payload) || notice.count == 0) {
        hub_suspect(hub);
        return;
    }
    topic = topics_find(hub, notice.match_id);
    if (topic && topic->is_loaded && (topic->follow_count > 0 || topic == hub->lobby_topic))
        topics_want(hub, topic, WANT_NEWER);
}

void hub_suspect(struct hub *hub)
{
    hub->is_suspicious = true;
}

static void hub_complain(struct hub *hub)
{
    int64_t now_ms = clock_ms();

    if (hub->complained_ms && now_ms - hub->complained_ms < COMPLAIN_EVERY_MS)
        return;
    hub->complained_ms = now_ms;
    log_warn("a notification is malformed: reading the table instead",
             LOG_TEXT("hint", "is the extension newer than this relay? Then upgrade the relay; if "
                              "not, see who has EXECUTE on commentary.listen()"));
}

/* ---- viewers ---- */

void hub_add_viewer(struct hub *hub, struct viewer *viewer)
{
    viewer_enlist(viewer, &hub->viewers);
    hub->viewer_count++;
    hub->edge_count += viewer->is_edge;
    relay_stats.viewers += !viewer->is_edge;
    if (!viewer->is_edge && hub->viewer_count - hub->edge_count > hub->settings.max_viewers) {
        viewer_close(viewer, CLOSE_TOO_MANY);
        return;
    }
    viewer->was_told_live = liveness_is_live(hub);
    protocol_welcome(&hub->scratch, viewer->was_told_live, hub->settings.ping_interval_ms,
                     gate_within_ms(&hub->gate, viewer));
    viewer_say(viewer, frame_end(&hub->scratch));
    gate_tell(&hub->gate, viewer);
}

void hub_remove_viewer(struct hub *hub, struct viewer *viewer)
{
    viewer_end(viewer);
    gate_leave(viewer);
    stats_close(viewer->close_code == CLOSE_NONE ? CLOSE_NORMAL : viewer->close_code);
    hub->viewer_count--;
    hub->edge_count -= viewer->is_edge;
}

/*
 * An error that names its match concerns that match alone: the viewer's other matches go
 * on, and the rate of messages is bounded already. A viewer whose message is no request at
 * all speaks another protocol, and is closed if it goes on.
 */
static void hub_refuse_message(struct hub *hub, struct viewer *viewer,
                               const struct request *request)
{
    bool names_match = *request->match_text != '\0';

    protocol_error_echo(&hub->scratch, request->error_code, request->error_message,
                        request->match_text);
    viewer_say(viewer, frame_end(&hub->scratch));
    if (!names_match &&
        !bucket_take_each(&viewer->errors, clock_ms(), VIEWER_ERROR_FORGIVEN_MS * BUCKET_NS_PER_MS,
                          VIEWER_ERRORS_MAX - 1))
        viewer_close(viewer, CLOSE_BAD_REQUEST);
}

void hub_hear(struct hub *hub, struct viewer *viewer, const char *text, size_t length)
{
    struct request request;

    if (viewer_is_closing(viewer))
        return;
    if (!request_parse(&request, text, length)) {
        hub_refuse_message(hub, viewer, &request);
        return;
    }
    switch (request.type) {
    case REQUEST_SUBSCRIBE:
        if (gate_lets_follow(&hub->gate, viewer, request.match_id))
            join_subscribe(hub, viewer, &request);
        break;
    case REQUEST_UNSUBSCRIBE:
        join_unsubscribe(hub, viewer, request.match_id);
        break;
    case REQUEST_AUTH:
        gate_hear(&hub->gate, viewer, request.token);
        break;
    case REQUEST_PING:
        audience_answer(hub, viewer, &request);
        break;
    }
}

static void hub_go_on(struct hub *hub, struct viewer *viewer, const struct viewer_slot *slot)
{
    struct topic *topic = slot->topic;
    struct follow *follow = &topic->follows[slot->follow];

    switch (follow->state) {
    case FOLLOW_WAITING:
        join_try(hub, topic, slot->follow);
        break;
    case FOLLOW_READING:
    case FOLLOW_GONE:
    case FOLLOW_STATES:
        break;
    case FOLLOW_REPLAY:
        replay_pump(hub, topic, slot->follow);
        break;
    case FOLLOW_LIVE:
        viewer_pump(viewer, topic, follow);
        break;
    }
}

/* Starts after the topic that was served last: a busy topic must not starve the others. */
void hub_writable(struct hub *hub, struct viewer *viewer)
{
    viewer_unchoke(viewer);
    for (int left = viewer->slot_count; left > 0 && viewer->slot_count > 0; left--) {
        viewer->next_slot = (uint16_t)((viewer->next_slot + 1) % viewer->slot_count);
        hub_go_on(hub, viewer, &viewer->slots[viewer->next_slot]);
        if (viewer_is_choked(viewer))
            return;
    }
    liveness_tell(hub, viewer);
}
