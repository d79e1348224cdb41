/* One connection: the wire of a viewer, its pings, and what it says. */
#include "ws/connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/bucket.h"
#include "base/clock.h"
#include "base/log.h"
#include "door/clients.h"
#include "door/head.h"
#include "door/peer.h"
#include "hub/drain.h"
#include "hub/hub.h"
#include "stats/stats.h"
#include "wire/request.h"
#include "ws/edge.h"
#include "ws/frames.h"
#include "ws/handshake.h"
#include "ws/state.h"

#define CLOSE_PATIENCE_MS 5000

struct connection {
    struct viewer viewer;
    struct peer *peer;
    struct server *server;
    struct visitor *visitor; /* its address; NULL: not counted */
    struct bucket messages;  /* how many it may send */
    struct frames frames;
    bool is_held; /* what is sent waits in server->held, to leave together */
};

/* ---- the wire of a viewer ---- */

static enum wire_result wire_send(void *wire, const uint8_t *bytes, size_t length)
{
    struct connection *connection = wire;

    if (!connection->is_held)
        return peer_send(connection->peer, bytes, length);
    buffer_add(&connection->server->held, bytes, length);
    return connection->server->held.is_broken ? WIRE_BROKEN : WIRE_SENT;
}

static enum wire_result wire_send_body(void *wire, struct body *body, size_t from, size_t length)
{
    struct connection *connection = wire;

    return peer_send_body(connection->peer, body, from, length);
}

static void wire_want_writable(void *wire)
{
    struct connection *connection = wire;

    peer_want_writable(connection->peer);
}

/* A viewer that does not answer the close frame in time is cut off. */
static void wire_close(void *wire)
{
    struct connection *connection = wire;
    enum close_code code = (enum close_code)connection->viewer.close_code;
    uint8_t frame[FRAME_CONTROL_MAX];
    size_t length =
        frame_put_close(frame, protocol_close_number(code), protocol_close_reason(code));

    if (code == CLOSE_LOST || wire_send(wire, frame, length) == WIRE_BROKEN) {
        peer_kill(connection->peer);
        return;
    }
    peer_set_deadline(connection->peer, CLOSE_PATIENCE_MS);
    peer_read(connection->peer, true);
}

static void wire_read(void *wire, bool is_wanted)
{
    struct connection *connection = wire;

    peer_read(connection->peer, is_wanted);
}

static const struct viewer_wire wire_ops = {
    .send = wire_send,
    .send_body = wire_send_body,
    .want_writable = wire_want_writable,
    .close = wire_close,
    .read = wire_read,
};

/* ---- pings ---- */

/* A ping after a large message arrives late, so the deadline must wait for the message. */
static bool is_taking(const struct connection *connection)
{
    return connection->peer->outbox && peer_takes_enough(connection->peer);
}

static void send_ping(struct connection *connection)
{
    static const uint8_t ping[] = {0x80 | FRAME_PING, 1, '?'};

    connection->viewer.ping = PING_SENT;
    if (!viewer_send(&connection->viewer, ping, sizeof(ping)))
        log_debug("a viewer is gone");
}

static void on_late(struct peer *peer)
{
    struct connection *connection = peer->owner;
    struct viewer *viewer = &connection->viewer;
    const int64_t interval_ms = connection->server->settings.ping_interval_ms;
    const int64_t patience_ms = interval_ms * 3 / 4; /* PROTOCOL.md says so */

    if (viewer_is_closing(viewer)) {
        peer_kill(peer);
        return;
    }
    switch ((enum ping_state)viewer->ping) {
    case PING_SENT:
        if (is_taking(connection))
            peer_set_deadline(peer, patience_ms);
        else
            viewer_close(viewer, CLOSE_TIMEOUT);
        break;
    case PING_ANSWERED:
        viewer->ping = PING_NONE;
        peer_set_deadline(peer, interval_ms - patience_ms);
        break;
    case PING_NONE:
        peer_set_deadline(peer, patience_ms);
        send_ping(connection);
        break;
    }
}

/* ---- what it says ---- */

/* Empty fragments count as messages too, since nothing else bounds their number. */
static bool may_speak(struct connection *connection, enum frames_result what, size_t length)
{
    int64_t per_s = connection->server->settings.messages_per_viewer;

    return (what == FRAMES_FRAGMENT && length > 0) ||
           bucket_take(&connection->messages, clock_ms(), per_s, per_s + VIEWER_TOPICS_MAX);
}

static void answer_ping(struct connection *connection, const struct frames_event *ping)
{
    uint8_t frame[FRAME_CONTROL_MAX];
    size_t length = frame_put_header(frame, FRAME_PONG, ping->length);

    memcpy(frame + length, ping->bytes, ping->length);
    viewer_say(&connection->viewer, (struct span){frame, length + ping->length});
}

/*
 * The viewer's close frame is answered with its own code, unless it answers a close frame of
 * the relay. Then the relay ends the connection, as RFC 6455 wants.
 */
static void take_close(struct connection *connection, const struct frames_event *close)
{
    uint8_t frame[FRAME_CONTROL_MAX];
    size_t length;

    viewer_unfollow_all(&connection->viewer);
    if (!viewer_is_closing(&connection->viewer)) {
        length = close->code ? frame_put_close(frame, close->code, "")
                             : frame_put_header(frame, FRAME_CLOSE, 0);
        if (peer_send(connection->peer, frame, length) == WIRE_BROKEN)
            return;
    }
    peer_finish(connection->peer);
}

/* After a violation no further frame is read. */
static void break_off(struct connection *connection, const struct frames_event *violation)
{
    static const enum close_code codes[] = {CLOSE_PROTOCOL_ERROR, CLOSE_BAD_TEXT, CLOSE_TOO_LARGE};
    enum close_code code = CLOSE_TOO_MANY;

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (violation->code == codes[i])
            code = codes[i];
    viewer_close(&connection->viewer, code);
    peer_finish(connection->peer);
}

static void take(struct connection *connection, enum frames_result what,
                 const struct frames_event *event)
{
    struct viewer *viewer = &connection->viewer;

    if (what == FRAMES_CLOSE) {
        take_close(connection, event);
    } else if (viewer_is_closing(viewer)) {
        if (what == FRAMES_VIOLATION)
            peer_finish(connection->peer);
    } else if (what == FRAMES_VIOLATION) {
        break_off(connection, event);
    } else if (what == FRAMES_PONG && viewer->ping == PING_SENT) {
        viewer->ping = PING_ANSWERED; /* it was asked for, so it does not count */
    } else if (!may_speak(connection, what, event->length)) {
        viewer_close(viewer, CLOSE_TOO_MANY);
    } else if (what == FRAMES_BINARY) {
        viewer_close(viewer, CLOSE_UNSUPPORTED);
    } else if (what == FRAMES_PING) {
        answer_ping(connection, event);
    } else if (what == FRAMES_TEXT) {
        hub_hear(connection->server->hub, viewer, (const char *)event->bytes, event->length);
    }
}

static void on_hear(struct peer *peer, char *text, size_t length)
{
    struct connection *connection = peer->owner;
    uint8_t *bytes = (uint8_t *)text;
    struct frames_event event;
    enum frames_result what;

    do {
        what = frames_read(&connection->frames, &bytes, &length, &event);
        if (what != FRAMES_MORE)
            take(connection, what, &event);
    } while (what != FRAMES_MORE && peer->state == PEER_OPEN);
}

/* ---- from handshake to end ---- */

static void on_writable(struct peer *peer)
{
    struct connection *connection = peer->owner;

    hub_writable(connection->server->hub, &connection->viewer);
}

static void on_gone(struct peer *peer)
{
    struct connection *connection = peer->owner;

    clients_leave(peer->peers->clients, connection->visitor);
    hub_remove_viewer(connection->server->hub, &connection->viewer);
    frames_clear(&connection->frames);
    free(connection);
}

static const struct peer_ops connection_ops = {
    .hear = on_hear,
    .writable = on_writable,
    .late = on_late,
    .gone = on_gone,
};

/* All that was held goes out in one segment, and wakes the client once. */
static void let_go(struct connection *connection)
{
    const struct buffer *held = &connection->server->held;

    connection->is_held = false;
    if (held->is_broken || peer_send(connection->peer, held->bytes, held->length) == WIRE_BROKEN)
        peer_kill(connection->peer);
}

/* The answer to the handshake and the greeting leave together. */
static void begin(struct connection *connection, const struct head *head, struct grant *grant)
{
    struct server *server = connection->server;
    struct viewer *viewer = &connection->viewer;

    connection->is_held = true;
    buffer_clear(&server->held);
    viewer_init(viewer, &wire_ops, connection);
    viewer->lane = wants_lane(peer_client(connection->peer, head));
    peer_give(connection->peer, &connection_ops, connection);
    peer_set_deadline(connection->peer, server->settings.ping_interval_ms);
    if (!handshake_answer(&server->held, head, PROTOCOL_NAME))
        peer_kill(connection->peer);
    gate_admit(&server->hub->gate, viewer, grant);
    hub_add_viewer(server->hub, viewer);
    let_go(connection);
}

static struct refusal judge(struct server *server, const struct peer *peer, const struct head *head)
{
    struct refusal refusal = handshake_check(head, server->settings.origins);

    if (!refusal.status && drain_is_final(server->hub))
        refusal = handshake_refuse(503, "the relay is stopping\n", 0);
    if (peer->is_private)
        refusal = handshake_refuse(400, "viewers connect to another port\n", 0);
    if (refusal.status)
        stats_refuse(refusal.status);
    return refusal;
}

static struct refusal out_of_memory(struct grant *grant)
{
    grant_free(grant);
    return handshake_refuse(503, "the relay has no memory left\n", 0);
}

struct refusal connection_upgrade(struct peer *peer, const struct head *head, void *context)
{
    struct server *server = context;
    struct clients *clients = peer->peers->clients;
    struct refusal refusal = judge(server, peer, head);
    struct connection *connection;
    struct grant *grant = NULL;
    int64_t address;

    if (refusal.status)
        return refusal;
    if (edge_is_meant(head))
        return edge_upgrade(peer, head, server);
    address = peer_client(peer, head);
    refusal = clients_knock(clients, address);
    if (!refusal.status)
        refusal = handshake_read_token(head, server->hub->gate.auth, &grant);
    if (refusal.status)
        return refusal;
    connection = calloc(1, sizeof(*connection));
    if (!connection)
        return out_of_memory(grant);
    connection->server = server;
    connection->peer = peer;
    connection->visitor = clients_enter(clients, address);
    connection->frames.bytes_max = REQUEST_BYTES_MAX;
    begin(connection, head, grant);
    return (struct refusal){0};
}
