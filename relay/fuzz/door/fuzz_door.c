/*
 * The whole door: requests, upgrade and frames, as a client of libwebsockets' raw role would
 * bring them. Whatever comes ends in answers that are whole and in their order, and how it
 * is cut changes nothing; nothing of a connection is left when it is gone.
 */
#include <ctype.h>

#include "base/log.h"
#include "door/clients.h"
#include "door/peer.h"
#include "fuzz.h"
#include "source/source.h"
#include "table.h"
#include "transport.h"
#include "ws/connection.h"
#include "ws/state.h"

#define TURNS_MAX 1000
#define HEADER_BYTES 5

/* What the first bytes of an input decide. */
struct plan {
    size_t pieces[2];
    bool is_private;
    bool has_origins;
    bool chokes;
    bool is_late; /* deadlines pass after all has come */
};

struct scene {
    struct hub hub;
    struct clients clients;
    struct peers peers;
    struct server server;
    struct lws wsi;
};

static void begin(struct scene *scene, const struct plan *plan)
{
    static const struct source source = {.state = SOURCE_LIVE, .reason = ""};
    const struct hub_settings hub = {
        .max_viewers = 10, .topic_bytes = 4096, .cache_bytes = 1 << 20, .ping_interval_ms = 30000};
    const struct clients_settings clients = {.trusted_proxies = "10.0.0.0/8",
                                             .limits = {1000, 1000, 16}};
    const struct http_settings http = {.web = "",
                                       .images = "",
                                       .origins = plan->has_origins ? "https://example.org" : "",
                                       .source = &source,
                                       .ping_interval_ms = 30000,
                                       .upgrade = connection_upgrade,
                                       .context = &scene->server};

    memset(scene, 0, sizeof(*scene));
    log_set_level(LOG_ERROR);
    fuzz_expect(hub_init(&scene->hub, &hub) && clients_init(&scene->clients, &clients));
    hub_set_epoch(&scene->hub, "e1");
    hub_set_feed(&scene->hub, HUB_LIVE);
    peers_init(&scene->peers, NULL, &scene->clients);
    scene->peers.context = &scene->server.http;
    scene->server.hub = &scene->hub;
    scene->server.settings = (struct server_settings){
        .origins = http.origins, .messages_per_viewer = 1000000, .ping_interval_ms = 30000};
    http_init(&scene->server.http, &scene->hub, &http);
    http_set_peers(&scene->server.http, &scene->peers);
}

static void come(struct scene *scene, const struct plan *plan)
{
    const struct in6_addr address = IN6ADDR_LOOPBACK_INIT;
    struct peer *peer = peer_new(&scene->peers, &address, &http_ops, NULL);

    fuzz_expect(peer != NULL);
    peer->is_private = plan->is_private;
    scene->wsi = (struct lws){.peer = peer, .may_read = true, .chokes = plan->chokes};
    peer_begin(peer, &scene->wsi);
}

static void turn_end(struct scene *scene)
{
    hub_turn_end(&scene->hub);
    http_turn_end(&scene->server.http);
    peers_turn_end(&scene->peers);
}

/* Until nothing goes on by itself. It must come to that. */
static void settle(struct scene *scene)
{
    bool goes_on = true;

    for (int turns = 0; goes_on; turns++) {
        fuzz_expect(turns < TURNS_MAX);
        goes_on = table_turn(&scene->hub);
        goes_on |= transport_turn(&scene->wsi);
        turn_end(scene);
    }
}

static void hear(struct scene *scene, const uint8_t *data, size_t size, const size_t pieces[2])
{
    for (size_t at = 0, turn = 0; at < size; turn++) {
        size_t piece = pieces[turn % 2], length = piece < size - at ? piece : size - at;
        char *bytes;

        settle(scene);
        if (!scene->wsi.peer || !scene->wsi.may_read)
            return;
        bytes = malloc(length);
        fuzz_expect(bytes != NULL);
        memcpy(bytes, data + at, length);
        peer_hear(scene->wsi.peer, bytes, length);
        turn_end(scene);
        free(bytes);
        at += length;
    }
    settle(scene);
}

/* A deadline of whatever state it is in. */
static void be_late(struct scene *scene)
{
    for (int i = 0; i < 3 && scene->wsi.peer; i++) {
        if (scene->wsi.peer->state == PEER_OPEN)
            scene->wsi.peer->ops->late(scene->wsi.peer);
        settle(scene);
    }
}

static void end(struct scene *scene)
{
    transport_close(&scene->wsi);
    turn_end(scene);
    fuzz_expect(scene->peers.count == 0 && scene->hub.viewer_count == 0);
    http_free(&scene->server.http);
    buffer_free(&scene->server.held);
    clients_free(&scene->clients);
    hub_free(&scene->hub);
    fuzz_expect(body_total() == 0);
}

/* What it was sent, as text; owned by the caller. */
static struct buffer run(const uint8_t *data, size_t size, const struct plan *plan,
                         const size_t pieces[2])
{
    static struct scene scene;

    begin(&scene, plan);
    come(&scene, plan);
    hear(&scene, data, size, pieces);
    if (plan->is_late)
        be_late(&scene);
    end(&scene);
    buffer_add(&scene.wsi.sent, "", 1);
    fuzz_expect(!scene.wsi.sent.is_broken);
    return scene.wsi.sent;
}

/* ---- what was sent ---- */

static const char *find_field(const char *head, const char *end, const char *name)
{
    const char *found = strstr(head, name);

    return found && found < end ? found + strlen(name) : NULL;
}

static void check_frames(const uint8_t *bytes, size_t length)
{
    struct span frames = {bytes, length}, payload;
    bool has_closed = false;

    while (frames.length > 0) {
        enum frame_opcode opcode = frame_opcode(frames);

        fuzz_expect((frames.bytes[0] & 0xf0) == 0x80 && !has_closed);
        fuzz_expect(opcode == FRAME_TEXT || opcode == FRAME_CLOSE || opcode == FRAME_PING ||
                    opcode == FRAME_PONG);
        has_closed = opcode == FRAME_CLOSE;
        fuzz_expect(frame_take(&frames, &payload));
        if (opcode == FRAME_CLOSE)
            fuzz_expect(frame_close_is_right(payload.bytes, payload.length));
    }
}

/* One answer. Returns where the next begins; NULL: nothing that can be checked follows. */
static const char *check_answer(const char *text, const char *end)
{
    const char *head_end = strstr(text, "\r\n\r\n"), *body, *field;
    size_t length;

    fuzz_expect(strncmp(text, "HTTP/1.1 ", 9) == 0 && isdigit(text[9]) && text[12] == ' ');
    fuzz_expect(text[9] >= '1' && text[9] <= '5' && head_end);
    body = head_end + 4;
    if (strncmp(text + 9, "101", 3) == 0) {
        check_frames((const uint8_t *)body, (size_t)(end - body));
        return NULL;
    }
    fuzz_expect(find_field(text, head_end, "\r\ndate: "));
    if (find_field(text, head_end, "\r\ncontent-type: text/event-stream"))
        return NULL;
    field = find_field(text, head_end, "\r\ncontent-length: ");
    length = field ? strtoul(field, NULL, 10) : 0;
    /* After HEAD there is no body, whatever the length. */
    if (body == end || strncmp(body, "HTTP/1.1 ", 9) == 0)
        return body;
    fuzz_expect((size_t)(end - body) >= length);
    return body + length;
}

static void check_sent(const struct buffer *sent)
{
    const char *text = (const char *)sent->bytes, *end = text + sent->length - 1;

    while (text && text < end)
        text = check_answer(text, end);
}

/* Dates differ. */
static void blank_dates(struct buffer *sent)
{
    static const char name[] = "\r\ndate: ";
    char *at = (char *)sent->bytes, *end = at + sent->length;

    while ((at = memmem(at, (size_t)(end - at), name, sizeof(name) - 1)))
        for (at += sizeof(name) - 1; at < end && *at != '\r'; at++)
            *at = '_';
}

/*
 * Some answers depend on the moment: a topic answers when it has been read, a stream draws a
 * random number, metrics count. A request that waited for the table until its deadline
 * ("unavailable") stops the pieces after it from being read at all.
 */
static bool depends_on_time(const struct buffer *sent)
{
    static const char *const marks[] = {"text/event-stream", "\"subscribed\"", "unknown_match",
                                        "\"unavailable\"", "commentary_build_info"};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (memmem(sent->bytes, sent->length, marks[i], strlen(marks[i])))
            return true;
    return false;
}

static void check_same(struct buffer *one, struct buffer *other)
{
    if (depends_on_time(one) || depends_on_time(other))
        return;
    blank_dates(one);
    blank_dates(other);
    fuzz_expect(one->length == other->length && memcmp(one->bytes, other->bytes, one->length) == 0);
}

/* Sizes of the pieces, a byte of choices, and what comes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plan plan;
    struct buffer whole, pieces;

    if (size < HEADER_BYTES)
        return 0;
    plan = (struct plan){.pieces = {1 + (size_t)data[0], 1 + (size_t)data[1]},
                         .is_private = data[2] & 1,
                         .has_origins = data[2] & 2,
                         .chokes = data[2] & 4,
                         .is_late = data[2] & 8};
    data += HEADER_BYTES;
    size -= HEADER_BYTES;
    whole = run(data, size, &plan, (const size_t[]){8192, 8192});
    check_sent(&whole);
    pieces = run(data, size, &plan, plan.pieces);
    check_sent(&pieces);
    if (!plan.chokes)
        check_same(&whole, &pieces);
    buffer_free(&whole);
    buffer_free(&pieces);
    return 0;
}
