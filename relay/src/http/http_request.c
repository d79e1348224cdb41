/* From the bytes of a peer to its next request. */
#include "door/head_reader.h"
#include "door/peer.h"
#include "http/document.h"
#include "http/exchange.h"
#include "http/http.h"
#include "http/reply.h"
#include "hub/drain.h"

/* A preflight: a browser asks whether a page of another origin may send a request. */
static void send_options(struct exchange *exchange)
{
    struct answer answer = {.status = 204, .is_preflight = true};

    document_share(exchange, &answer);
    reply_send(exchange, &answer);
}

/*
 * The relay reads no bodies, so it cannot tell where the next request begins, and ends the
 * connection. A client that waits for 100 Continue gets the refusal instead.
 */
static void refuse_body(struct exchange *exchange)
{
    bool is_read = exchange->head->method == METHOD_GET || exchange->head->method == METHOD_HEAD ||
                   exchange->head->method == METHOD_OPTIONS;

    exchange->is_last = true;
    if (is_read)
        document_refuse(exchange, 413, "bad_request", "a request has no body here");
    else
        document_refuse(exchange, 405, "method_not_allowed", "GET and HEAD only");
}

static bool is_read(enum head_method method)
{
    return method == METHOD_GET || method == METHOD_HEAD;
}

/* After an upgrade the peer belongs to a viewer, and the exchange is over. */
static void upgrade(struct exchange *exchange)
{
    const struct http_settings *settings = &exchange->http->settings;
    struct refusal refusal = settings->upgrade(exchange->peer, exchange->head, settings->context);

    if (refusal.status)
        reply_refuse(exchange, &refusal);
    else
        exchange_free(exchange);
}

static void begin(struct exchange *exchange)
{
    const struct head *head = exchange->head;
    struct route *route = &exchange->route;

    document_begin(exchange);
    if (head->has_body)
        refuse_body(exchange);
    else if (head->method == METHOD_OPTIONS)
        send_options(exchange);
    else if (head->wants_websocket)
        upgrade(exchange);
    else if (!is_read(head->method))
        document_refuse(exchange, 405, "method_not_allowed", "GET and HEAD only");
    else if (!route_parse(route, head->path, head->query))
        document_refuse(exchange, route->status, route->error_code, route->error_message);
    else
        http_route(exchange);
}

/* After CONNECT no other request can follow. After the drain of the relay none may follow. */
static void begin_request(struct exchange *exchange, const struct head *head)
{
    struct peer *peer = exchange->peer;

    exchange->head = head;
    exchange->is_head = head->method == METHOD_HEAD;
    exchange->is_old = head->is_old;
    exchange->is_last =
        !head->is_kept || head->method == METHOD_CONNECT || drain_is_over(exchange->http->hub);
    peer_wake(peer);
    begin(exchange);
    if (peer->owner != exchange || peer->ops != &http_ops)
        return;
    exchange->head = NULL; /* the answer goes on later, and needs the head no more */
    head_reader_clear(&exchange->reader);
}

static void refuse_head(struct exchange *exchange, const struct head *head)
{
    peer_wake(exchange->peer);
    exchange->is_last = true;
    document_refuse(exchange, head->status, "bad_request", head->reason);
}

static bool is_between_requests(const struct peer *peer)
{
    const struct exchange *exchange = peer->owner;

    return peer->state == PEER_OPEN && peer->ops == &http_ops &&
           (!exchange || exchange->kind == EXCHANGE_REQUEST);
}

/* Takes the bytes that belong to the next request, and begins it when its head is whole. */
static void take_request(struct http *http, struct peer *peer, char **bytes, size_t *length)
{
    struct exchange *exchange = peer->owner;
    struct head head;
    size_t taken;

    if (!exchange)
        peer->owner = exchange = exchange_new(http, peer);
    if (!exchange) {
        peer_kill(peer);
        return;
    }
    peer_set_asking(peer, true);
    switch (head_read(&exchange->reader, &head, *bytes, *length, &taken)) {
    case HEAD_DONE:
        begin_request(exchange, &head);
        break;
    case HEAD_REFUSED:
        refuse_head(exchange, &head);
        break;
    case HEAD_MORE:
        break;
    }
    *bytes += taken;
    *length -= taken;
}

void http_go_on(struct http *http, struct peer *peer, char *bytes, size_t length)
{
    while (length > 0 && is_between_requests(peer))
        take_request(http, peer, &bytes, &length);
    if (peer->state != PEER_OPEN)
        return;
    if (peer->ops != &http_ops) {
        if (length > 0)
            peer->ops->hear(peer, bytes, length);
        return;
    }
    peer_read(peer, is_between_requests(peer));
    if (length > 0 && !exchange_hold(peer->owner, bytes, length))
        peer_kill(peer);
}
