/*
 * A stream's life, driven by bytes: whatever its matches, its hub and its client do, it only goes
 * where stream_may_change() lets it, and what it sends fits its state. The first byte is
 * the route, each other byte a step.
 */
#include "base/log.h"
#include "fuzz.h"
#include "http/content/stream.h"
#include "hub/drain.h"
#include "table.h"

#define EPOCHS 3

/* The socket below a stream. */
struct scene {
    struct hub hub;
    struct stream stream;
    struct buffer sent, scratch;
    enum wire_result answer;
    int closes;
    bool is_broken; /* a send has failed: the last event may be missing */
};

static enum wire_result on_send(void *wire, const uint8_t *bytes, size_t length)
{
    struct scene *scene = wire;

    fuzz_expect(scene->closes == 0 && length > 0);
    buffer_add(&scene->sent, bytes, length);
    scene->is_broken |= scene->answer == WIRE_BROKEN;
    return scene->answer;
}

static void on_want_writable(void *wire)
{
    (void)wire;
}

static void on_close(void *wire)
{
    ((struct scene *)wire)->closes++;
}

static const struct viewer_wire ops = {
    .send = on_send, .want_writable = on_want_writable, .close = on_close};

/* ---- what happens ---- */

static void publish(struct hub *hub, struct topic *topic)
{
    int64_t seq = topic_head(topic) + 1;
    char text[64];

    hub_publish(hub, topic, seq, text, table_entry(text, topic, seq));
}

static void purge(struct hub *hub, struct topic *topic)
{
    if (topic != hub->lobby_topic)
        topics_reset(hub, topic);
}

static void vanish(struct hub *hub, struct topic *topic)
{
    if (topic == hub->lobby_topic)
        return;
    topic->looks++;
    if (!join_absent(hub, topic))
        topics_drop(hub, topic);
}

/* With one of the matches, if the hub knows it. */
static void with_topic(struct hub *hub, unsigned match_id,
                       void (*happen)(struct hub *hub, struct topic *topic))
{
    struct topic *topic = topics_find(hub, match_id);

    if (topic)
        happen(hub, topic);
}

static void enter_epoch(struct hub *hub, unsigned number)
{
    const char epoch[] = {'e', (char)('1' + number % EPOCHS), '\0'};

    hub_set_epoch(hub, epoch);
}

static void stop(struct hub *hub)
{
    if (!drain_is_final(hub))
        drain_begin(hub, 0, false);
    drain_finish(hub);
}

/* The lower four bits choose what happens, the others to what. */
static void step(struct scene *scene, uint8_t byte)
{
    struct hub *hub = &scene->hub;
    struct stream *stream = &scene->stream;
    unsigned number = byte >> 4;

    switch (byte & 15) {
    case 0:
        (void)table_turn(hub);
        break;
    case 1:
        with_topic(hub, number, publish);
        break;
    case 2:
        hub_turn_end(hub);
        break;
    case 3:
        scene->answer = (enum wire_result)(number % 3);
        break;
    case 4:
        stream_go_on(stream);
        break;
    case 5:
        stream_beat(stream);
        break;
    case 6:
        (void)stream_waits(stream);
        break;
    case 7:
        stream_give_up(stream);
        break;
    case 8:
        hub_set_feed(hub, (enum hub_feed)(number % 3));
        break;
    case 9:
        enter_epoch(hub, number);
        break;
    case 10:
        with_topic(hub, number, purge);
        break;
    case 11:
        with_topic(hub, number, vanish);
        break;
    case 12:
        stop(hub);
        break;
    default:
        break;
    }
}

/* ---- what has to be so ---- */

static bool sent_ends_with(const struct scene *scene, const char *end)
{
    size_t length = strlen(end);

    return scene->sent.length >= length &&
           memcmp(scene->sent.bytes + scene->sent.length - length, end, length) == 0;
}

static void check(const struct scene *scene, enum stream_state before)
{
    enum stream_state state = scene->stream.state;
    bool is_over = state == STREAM_REFUSED || state == STREAM_ENDED;

    fuzz_expect(state == before || stream_may_change(before, state) ||
                (before == STREAM_JOINING && state == STREAM_ENDED));
    fuzz_expect(scene->closes == is_over);
    fuzz_expect(viewer_is_closing(&scene->stream.viewer) == is_over);
    fuzz_expect((scene->sent.length == 0) ==
                (state == STREAM_JOINING || state == STREAM_REFUSED ||
                 (state == STREAM_ENDED && scene->stream.viewer.close_code == CLOSE_LOST &&
                  !scene->is_broken)));
    fuzz_expect(scene->sent.length == 0 ||
                memcmp(scene->sent.bytes, "HTTP/1.1 200 OK\r\n", 17) == 0);
    fuzz_expect(scene->sent.length == 0 || sent_ends_with(scene, "\n\n"));
    if (state == STREAM_ENDED && !scene->is_broken)
        fuzz_expect(memmem(scene->sent.bytes, scene->sent.length, "event: close\n", 13) != NULL);
    if (state == STREAM_REFUSED)
        fuzz_expect(memmem(scene->stream.document.bytes, scene->stream.document.length,
                           "unknown_match", 13) != NULL);
}

/* ---- from begin to end ---- */

/* Bits: 0 and 1 how many matches, 2 to 4 which, 5 with a place, 6 of the epoch e1, 7 may lag. */
static struct route route_of(uint8_t byte)
{
    struct route route = {.match_id = byte >> 2 & 7, .history = 5};

    route.place_count = byte & 3;
    route.has_since = byte & 32;
    route.since_seq = 38;
    for (int i = 0; i < route.place_count; i++)
        route.places[i] = (struct route_place){/* the last of three matches does not exist */
                                               i == 2 ? TABLE_MATCHES + 1 : route.match_id + i,
                                               route.has_since, route.since_seq};
    if (route.has_since)
        snprintf(route.since_epoch, sizeof(route.since_epoch), "%s", byte & 64 ? "e1" : "e2");
    return route;
}

static void begin(struct scene *scene, uint8_t byte)
{
    const struct hub_settings settings = {
        .max_viewers = 3, .topic_bytes = 4096, .cache_bytes = 1 << 20, .ping_interval_ms = 30000};
    const struct stream_settings stream = {&scene->hub, &scene->scratch, &ops, scene};
    const struct route route = route_of(byte);

    *scene = (struct scene){.answer = WIRE_SENT};
    log_set_level(LOG_ERROR);
    fuzz_expect(hub_init(&scene->hub, &settings));
    scene->hub.may_lag = byte & 128;
    enter_epoch(&scene->hub, 0);
    hub_set_feed(&scene->hub, HUB_LIVE);
    stream_begin(&scene->stream, &stream, &route, &(struct stream_client){.origin = "*"});
    check(scene, STREAM_JOINING);
}

static void end(struct scene *scene)
{
    stream_end(&scene->stream);
    hub_free(&scene->hub);
    buffer_free(&scene->sent);
    buffer_free(&scene->scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scene scene;

    if (size == 0)
        return 0;
    begin(&scene, data[0]);
    for (size_t i = 1; i < size; i++) {
        enum stream_state before = scene.stream.state;

        step(&scene, data[i]);
        check(&scene, before);
    }
    end(&scene);
    return 0;
}
