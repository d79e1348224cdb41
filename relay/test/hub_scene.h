/*
 * A hub without sockets and without a database: the test is the wire below each
 * viewer, and the table behind the feed.
 */
#ifndef HUB_SCENE_H
#define HUB_SCENE_H

#include "unit.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "hub/hub.h"
#include "hub/join.h"
#include "hub/replay.h"
#include "hub/topics.h"

#define EPOCH "e1"
#define HEARD_BYTES 262144

/* A viewer and all that it was sent: messages without their frames, a line each. */
struct client {
    struct viewer viewer;
    char heard[HEARD_BYTES];
    size_t length;
    enum wire_result answer;
    bool is_read;
};

static struct hub hub;

static inline size_t payload_of(const uint8_t *bytes, size_t *header)
{
    *header = bytes[1] < 126 ? 2 : bytes[1] == 126 ? 4 : 10;
    if (*header == 2)
        return bytes[1];
    return *header == 4
               ? (size_t)bytes[2] << 8 | bytes[3]
               : (size_t)bytes[6] << 24 | (size_t)bytes[7] << 16 | (size_t)bytes[8] << 8 | bytes[9];
}

static inline enum wire_result on_send(void *wire, const uint8_t *bytes, size_t length)
{
    struct client *client = wire;
    size_t header, payload;

    for (; length > 0; bytes += header + payload, length -= header + payload) {
        payload = payload_of(bytes, &header);
        assert_true(header + payload <= length); /* whole frames only */
        assert_true(client->length + payload + 2 < HEARD_BYTES);
        memcpy(client->heard + client->length, bytes + header, payload);
        client->length += payload;
        client->heard[client->length++] = '\n';
        client->heard[client->length] = '\0';
    }
    return client->answer;
}

static inline void on_want_writable(void *wire)
{
    (void)wire;
}

static inline void on_close(void *wire)
{
    (void)wire;
}

static inline void on_read(void *wire, bool is_wanted)
{
    ((struct client *)wire)->is_read = is_wanted;
}

static const struct viewer_wire ops = {
    .send = on_send, .want_writable = on_want_writable, .close = on_close, .read = on_read};

static inline struct client *client_new(void)
{
    struct client *client = calloc(1, sizeof(*client));

    assert_non_null(client);
    client->answer = WIRE_SENT;
    client->is_read = true;
    viewer_init(&client->viewer, &ops, client);
    hub_add_viewer(&hub, &client->viewer);
    return client;
}

static inline void client_free(struct client *client)
{
    hub_remove_viewer(&hub, &client->viewer);
    free(client);
}

static inline void say(struct client *client, const char *text)
{
    hub_hear(&hub, &client->viewer, text, strlen(text));
}

/* What it has heard since it was last asked. */
static inline void heard(struct client *client, const char *expected)
{
    assert_string_equal(client->heard, expected);
    client->length = 0;
    client->heard[0] = '\0';
}

static inline void heard_something(struct client *client, const char *part)
{
    if (!strstr(client->heard, part))
        fail_msg("\"%s\" was not heard, but: %s", part, client->heard);
    client->length = 0;
    client->heard[0] = '\0';
}

/* ---- the table ---- */

static inline const char *body_of(int64_t seq)
{
    static char body[32];

    snprintf(body, sizeof(body), "{\"seq\":%d}", (int)seq);
    return body;
}

/* A match that has been read from the table, with entries from first to last in memory. */
static inline struct topic *load(int64_t match_id, int64_t first, int64_t last)
{
    struct topic *topic = topics_make(&hub, match_id);

    assert_non_null(topic);
    topics_unwant_load(&hub, topic);
    topics_know(&hub, topic);
    run_reset(&topic->run, first);
    for (int64_t seq = first; seq <= last; seq++)
        assert_true(topic_append(topic, body_of(seq), strlen(body_of(seq))));
    topic->is_loaded = true;
    topic->checked_ms = clock_ms();
    join_all(&hub, topic);
    return topic;
}

/* The source was asked for it, and has not got it. True: a viewer waits for it all the same. */
static inline bool is_absent(int64_t match_id)
{
    struct topic *topic = topics_find(&hub, match_id);

    topic->looks++;
    return join_absent(&hub, topic);
}

static inline void publish(struct topic *topic, int64_t seq)
{
    hub_publish(&hub, topic, seq, body_of(seq), strlen(body_of(seq)));
}

static inline void give_history(struct topic *topic, int64_t first, int64_t last)
{
    struct history *read = history_new(&hub.histories, topic, first);

    assert_non_null(read);
    topics_unwant(&hub, topic, WANT_HISTORY);
    for (int64_t seq = first; seq <= last; seq++)
        assert_true(history_append(read, body_of(seq), strlen(body_of(seq))));
    replay_history_read(&hub, topic, read);
    history_release(read);
}

/* Memory of the histories that viewers read. */
static inline size_t histories_in_use(void)
{
    history_expire_all(&hub.histories);
    return hub.histories.bytes;
}

static inline int begin(void **state)
{
    const struct hub_settings settings = {
        .max_viewers = 3, .topic_bytes = 4096, .cache_bytes = 1 << 20, .ping_interval_ms = 30000};

    (void)state;
    log_set_level(LOG_ERROR); /* what is wrong here is on purpose */
    if (!hub_init(&hub, &settings))
        return -1;
    hub.fresh_for_ms = 3600000; /* also while a busy machine stands still */
    hub_set_epoch(&hub, EPOCH);
    hub_set_feed(&hub, HUB_LIVE);
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    hub_free(&hub);
    return 0;
}

#define SUBSCRIBED(head, recovered)                                                                \
    "{\"type\":\"subscribed\",\"match\":7,\"epoch\":\"" EPOCH "\",\"head\":" #head                 \
    ",\"recovered\":" #recovered ",\"state\":null}\n"
#define STALE "{\"type\":\"stale\",\"since_ms\":"
#define LIVE "{\"type\":\"live\"}\n"

/* A client that has joined match 7 and been told so. */
static inline struct client *client_of(struct topic *topic)
{
    struct client *client = client_new();

    heard_something(client, "welcome");
    say(client, "{\"type\":\"subscribe\",\"match\":7}");
    heard_something(client, "subscribed");
    assert_int_equal(topic->follow_count, client->viewer.slot_count);
    return client;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
