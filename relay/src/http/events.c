/* Streams of Server-Sent Events. */
#include "http/events.h"

#include <netinet/tcp.h>
#include <string.h>

#include "base/clock.h"
#include "door/clients.h"
#include "door/origins.h"
#include "door/peer.h"
#include "http/content/route_values.h"
#include "http/document.h"
#include "http/exchange.h"
#include "http/reply.h"

#define JOIN_PATIENCE_MS 10000
#define TICK_MS 1000

/* ---- the wire of a stream ---- */

static enum wire_result wire_send(void *wire, const uint8_t *bytes, size_t length)
{
    struct exchange *exchange = wire;

    return peer_send(exchange->peer, bytes, length);
}

static enum wire_result wire_send_body(void *wire, struct body *body, size_t from, size_t length)
{
    struct exchange *exchange = wire;

    return peer_send_body(exchange->peer, body, from, length);
}

/* The stream was refused or has ended. It is still in use, so the exchange ends later. */
static void wire_close(void *wire)
{
    struct exchange *exchange = wire;

    if (exchange->stream.viewer.close_code == CLOSE_LOST)
        peer_kill(exchange->peer);
    else
        exchange_wake(exchange);
}

static void wire_want_writable(void *wire)
{
    struct exchange *exchange = wire;

    peer_want_writable(exchange->peer);
}

static const struct viewer_wire wire_ops = {
    .send = wire_send,
    .send_body = wire_send_body,
    .want_writable = wire_want_writable,
    .close = wire_close,
};

/* ---- beginning ---- */

/* A client that comes back names its last event in a header; its URL is still the first one. */
static void read_last_event_id(struct exchange *exchange)
{
    const char *id = head_field(exchange->head, "last-event-id");

    if (id)
        route_take_last_id(&exchange->route, id, strlen(id));
}

/* Counts the stream as a viewer of its address, unless the address has too many. */
static enum close_code enter(struct exchange *exchange)
{
    struct clients *clients = exchange->peer->peers->clients;
    int64_t address = peer_client(exchange->peer, exchange->head);

    if (clients_knock(clients, address).status)
        return CLOSE_TOO_MANY;
    exchange->visitor = clients_enter(clients, address);
    return CLOSE_NONE;
}

/* Clients do not answer events, so the kernel has to notice a client that is gone. */
static void begin_stream(struct exchange *exchange)
{
    struct http *http = exchange->http;
    const struct stream_settings settings = {http->hub, &http->events, &wire_ops, exchange};
    struct stream_client client = {.origin = exchange->origin, .grant = exchange->grant};

    client.reason = enter(exchange);
    client.lane = wants_lane(peer_client(exchange->peer, exchange->head));
    exchange->grant = NULL; /* the stream owns it now */
    exchange->kind = EXCHANGE_STREAM;
    exchange->has_stream = true;
    exchange->give_up_ms = clock_ms() + JOIN_PATIENCE_MS;
    exchange->beat_ms = clock_ms() + http->settings.ping_interval_ms;
    peer_set_tcp(exchange->peer, TCP_USER_TIMEOUT, (int)(2 * http->settings.ping_interval_ms));
    peer_set_deadline(exchange->peer, TICK_MS);
    peer_set_asking(exchange->peer, false); /* a viewer's connection from now on */
    stream_begin(&exchange->stream, &settings, &exchange->route, &client);
}

void events_begin(struct exchange *exchange)
{
    struct answer head = {
        .status = 200, .type = ANSWER_EVENTS, .is_endless = true, .is_last = true};

    if (exchange->is_unwanted) {
        document_refuse(exchange, 412, "precondition_failed", "a stream has no entity tag");
    } else if (!origins_allow(exchange->http->settings.origins, exchange->head)) {
        document_refuse(exchange, 403, "forbidden", "this page may not connect here");
    } else if (exchange->is_head) {
        document_share(exchange, &head);
        reply_send(exchange, &head);
    } else {
        read_last_event_id(exchange);
        begin_stream(exchange);
    }
}

/* ---- going on, and the end ---- */

static void refuse(struct exchange *exchange)
{
    struct buffer document = exchange->stream.document;
    struct answer answer = {
        .status = 404, .type = ANSWER_JSON, .bytes = document.bytes, .length = document.length};

    exchange->stream.document = (struct buffer){0};
    exchange_end_stream(exchange);
    exchange->kind = EXCHANGE_BODY;
    answer.origin = exchange->origin;
    reply_send(exchange, &answer);
    buffer_free(&document);
}

void events_go_on(struct exchange *exchange)
{
    if (exchange->stream.state == STREAM_REFUSED) {
        refuse(exchange);
    } else if (exchange->stream.state == STREAM_ENDED) {
        exchange->is_last = true;
        exchange_end(exchange);
    }
}

void events_writable(struct exchange *exchange)
{
    stream_go_on(&exchange->stream);
}

static void beat(struct exchange *exchange)
{
    exchange->beat_ms = clock_ms() + exchange->http->settings.ping_interval_ms;
    stream_beat(&exchange->stream);
}

/*
 * A client that has closed its side may still read, for example in a pipe of a shell. The machine
 * of a client that is gone answers the next heartbeat with a reset, which the next tick finds.
 */
static bool is_lost(struct exchange *exchange)
{
    enum peer_line line = peer_line(exchange->peer);

    if (line == PEER_HALF_CLOSED && !exchange->is_half_closed) {
        exchange->is_half_closed = true;
        beat(exchange);
    }
    return line == PEER_LOST ||
           peer_stalled_ms(exchange->peer) > 2 * exchange->http->settings.ping_interval_ms ||
           (exchange->peer->outbox && !peer_takes_enough(exchange->peer));
}

void events_tick(struct exchange *exchange)
{
    int64_t now_ms = clock_ms();

    if (is_lost(exchange)) {
        peer_kill(exchange->peer);
        return;
    }
    if (exchange->stream.state == STREAM_JOINING && !stream_waits(&exchange->stream) &&
        now_ms >= exchange->give_up_ms)
        stream_give_up(&exchange->stream);
    if (now_ms >= exchange->beat_ms)
        beat(exchange);
    peer_set_deadline(exchange->peer, TICK_MS);
}
