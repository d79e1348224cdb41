/* One connection: the wire of a viewer, its pings, and what it says. */
#include "ws/connection.h"

#include <libwebsockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "door/caller.h"
#include "door/handshake.h"
#include "http/exchange.h"
#include "http/http.h"
#include "hub/hub.h"
#include "stats/stats.h"
#include "wire/request.h"
#include "ws/server_state.h"

#define CLOSE_PATIENCE_MS 5000

/* ---- the wire of a viewer ---- */

static enum wire_result wire_send(void *wire, const uint8_t *bytes, size_t length)
{
    struct connection *connection = wire;

    if (lws_write(connection->wsi, (unsigned char *)(uintptr_t)bytes, length, LWS_WRITE_RAW) < 0)
        return WIRE_BROKEN;
    return lws_partial_buffered(connection->wsi) ? WIRE_CHOKED : WIRE_SENT;
}

static void wire_want_writable(void *wire)
{
    struct connection *connection = wire;

    lws_callback_on_writable(connection->wsi);
}

/* Libwebsockets 4.1 looks at a new timeout only once something wakes it. */
static void wire_kill(struct lws *wsi)
{
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    lws_cancel_service(lws_get_context(wsi));
}

/*
 * The close frame goes out raw as well, behind whatever is still buffered: one
 * that libwebsockets 4.1 is asked for (lws_close_reason) does not go out at all.
 * A viewer that does not answer it in time is cut off.
 */
static void wire_close(void *wire)
{
    struct connection *connection = wire;
    struct server *server = lws_context_user(lws_get_context(connection->wsi));
    enum close_code code = (enum close_code)connection->viewer.close_code;
    uint8_t frame[FRAME_CONTROL_MAX];
    size_t length = frame_put_close(frame, close_number(code), close_reason(code));

    if (code == CLOSE_LOST || wire_send(wire, frame, length) == WIRE_BROKEN) {
        wire_kill(connection->wsi);
        return;
    }
    wheel_set(&server->wheel, &connection->viewer.timer, CLOSE_PATIENCE_MS);
    lws_rx_flow_control(connection->wsi, 1);
}

static void wire_read(void *wire, bool is_wanted)
{
    struct connection *connection = wire;

    lws_rx_flow_control(connection->wsi, is_wanted ? 1 : 0);
}

static const struct viewer_wire wire_ops = {
    .send = wire_send,
    .want_writable = wire_want_writable,
    .close = wire_close,
    .read = wire_read,
};

/* ---- pings ---- */

/* Libwebsockets 4.1 tells nothing of a pong without content, so that a ping has some. */
void connection_on_timer(struct wheel_timer *timer, void *context)
{
    static const uint8_t ping[] = {0x80 | FRAME_PING, 1, '?'};
    struct server *server = context;
    struct connection *connection =
        (struct connection *)((char *)timer - offsetof(struct connection, viewer.timer));
    struct viewer *viewer = &connection->viewer;
    const int64_t interval_ms = server->settings.ping_interval_ms;
    const int64_t patience_ms = interval_ms * 3 / 4; /* PROTOCOL.md says so */

    if (viewer->close_code != CLOSE_NONE) {
        wire_kill(connection->wsi);
        return;
    }
    switch ((enum ping_state)viewer->ping) {
    case PING_SENT:
        viewer_close(viewer, CLOSE_TIMEOUT);
        break;
    case PING_ANSWERED:
        viewer->ping = PING_NONE;
        wheel_set(&server->wheel, timer, interval_ms - patience_ms);
        break;
    case PING_NONE:
        viewer->ping = PING_SENT;
        wheel_set(&server->wheel, timer, patience_ms);
        if (!viewer_send(viewer, ping, sizeof(ping)))
            log_debug("a viewer is gone");
        break;
    }
}

/* ---- from handshake to end ---- */

/*
 * What is sent while it is held leaves together when it no longer is: the answer to
 * the handshake and the greeting are one segment, and wake the viewer once.
 */
static void connection_hold(struct lws *wsi, int is_held)
{
    setsockopt(lws_get_socket_fd(wsi), IPPROTO_TCP, TCP_CORK, &is_held, sizeof(is_held));
}

/* A connection has no place for its grant until it is a viewer. */
static struct handshake_refusal server_read_token(struct server *server, struct lws *wsi)
{
    grant_free(server->grant);
    server->arriving = wsi;
    return handshake_read_token(wsi, server->hub->gate.auth, &server->grant);
}

static struct grant *server_take_grant(struct server *server, const struct lws *wsi)
{
    struct grant *grant = server->arriving == wsi ? server->grant : NULL;

    if (grant)
        server->grant = NULL;
    return grant;
}

int connection_may_upgrade(struct server *server, struct lws *wsi, const char *upgrade)
{
    struct handshake_refusal refusal = handshake_check(wsi, upgrade, server->settings.origins);

    if (!refusal.status && server->hub->leave.is_on)
        refusal = handshake_refuse(503, "the relay is stopping\n", 0);
    if (http_is_private(wsi))
        refusal = handshake_refuse(400, "viewers connect to another port\n", 0);
    if (refusal.status)
        stats_refuse(refusal.status);
    else
        refusal = callers_knock(&server->callers, wsi);
    if (!refusal.status)
        refusal = server_read_token(server, wsi);
    if (refusal.status)
        return http_refuse(&server->http, wsi, &refusal);
    connection_hold(wsi, 1);
    return 0;
}

void connection_begin(struct server *server, struct connection *connection, struct lws *wsi)
{
    http_end(&connection->exchange);
    connection->wsi = wsi;
    connection->is_viewer = true;
    connection->visitor = callers_enter(&server->callers, wsi);
    viewer_init(&connection->viewer, &wire_ops, connection);
    wheel_set(&server->wheel, &connection->viewer.timer, server->settings.ping_interval_ms);
    gate_admit(server->hub, &connection->viewer, server_take_grant(server, wsi));
    hub_add_viewer(server->hub, &connection->viewer);
    connection_hold(wsi, 0);
}

void connection_end(struct server *server, struct connection *connection)
{
    http_end(&connection->exchange);
    buffer_free(&connection->message);
    if (!connection->is_viewer)
        return;
    connection->is_viewer = false;
    callers_leave(&server->callers, connection->visitor);
    wheel_unset(&connection->viewer.timer);
    hub_remove_viewer(server->hub, &connection->viewer);
}

/* ---- what it says ---- */

/* A piece without a byte counts as well: there is no other end to them. */
static bool connection_may_speak(struct server *server, struct connection *connection,
                                 size_t length)
{
    int64_t per_s = server->settings.messages_per_viewer;

    return (length > 0 && !lws_is_first_fragment(connection->wsi)) ||
           bucket_take(&connection->messages, clock_ms(), per_s, per_s + VIEWER_TOPICS_MAX);
}

/* A message may come in pieces; one that comes whole is not copied. */
void connection_receive(struct server *server, struct connection *connection, const char *bytes,
                        size_t length)
{
    struct lws *wsi = connection->wsi;
    struct buffer *message = &connection->message;
    bool is_last = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;

    if (connection->viewer.close_code != CLOSE_NONE)
        return;
    if (!connection_may_speak(server, connection, length)) {
        viewer_close(&connection->viewer, CLOSE_TOO_MANY);
        return;
    }
    if (lws_frame_is_binary(wsi)) {
        viewer_close(&connection->viewer, CLOSE_UNSUPPORTED);
        return;
    }
    if (message->length + length + lws_remaining_packet_payload(wsi) > REQUEST_BYTES_MAX) {
        viewer_close(&connection->viewer, CLOSE_TOO_LARGE);
        return;
    }
    if (is_last && message->length == 0) {
        hub_hear(server->hub, &connection->viewer, bytes, length);
        return;
    }
    buffer_add(message, bytes, length);
    if (message->is_broken)
        viewer_close(&connection->viewer, CLOSE_TOO_MANY);
    else if (is_last)
        hub_hear(server->hub, &connection->viewer, (const char *)message->bytes, message->length);
    if (is_last || message->is_broken)
        buffer_free(message);
}

int connection_peer_closes(struct connection *connection, const uint8_t *payload, size_t length)
{
    struct viewer *viewer = &connection->viewer;

    viewer_leave_all(viewer);
    if (!frame_close_is_right(payload, length))
        viewer_close(viewer, CLOSE_PROTOCOL_ERROR);
    return viewer->close_code == CLOSE_NONE ? 0 : -1;
}
