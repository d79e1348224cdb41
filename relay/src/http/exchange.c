/* From the first byte of a request to the last of its answer. */
#include "http/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "door/clients.h"
#include "door/peer.h"
#include "net/evloop.h"

struct exchange *exchange_new(struct http *http, struct peer *peer)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));

    if (!exchange)
        return NULL;
    exchange->http = http;
    exchange->peer = peer;
    return exchange;
}

bool exchange_hold(struct exchange *exchange, const char *bytes, size_t length)
{
    exchange->held = malloc(length);
    if (!exchange->held)
        return false;
    memcpy(exchange->held, bytes, length);
    exchange->held_length = length;
    return true;
}

void exchange_wake(struct exchange *exchange)
{
    if (exchange->is_ready)
        return;
    exchange->is_ready = true;
    TAILQ_INSERT_TAIL(&exchange->http->ready, exchange, ready_link);
    evloop_wake(exchange->peer->peers->loop);
}

void exchange_end_stream(struct exchange *exchange)
{
    if (!exchange->has_stream)
        return;
    exchange->has_stream = false;
    stream_end(&exchange->stream);
    clients_leave(exchange->peer->peers->clients, exchange->visitor);
}

void exchange_free(struct exchange *exchange)
{
    if (exchange->is_ready)
        TAILQ_REMOVE(&exchange->http->ready, exchange, ready_link);
    if (exchange->reading)
        exchange->http->stop_waiting(exchange);
    exchange_end_stream(exchange);
    head_reader_clear(&exchange->reader);
    grant_free(exchange->grant);
    free(exchange->own_origin);
    free(exchange->known);
    free(exchange->held);
    free(exchange);
}

void exchange_end(struct exchange *exchange)
{
    struct peer *peer = exchange->peer;
    struct http *http = exchange->http;
    bool is_last = exchange->is_last, was_pending = exchange->kind != EXCHANGE_REQUEST;
    char *held = exchange->held;
    size_t held_length = exchange->held_length;

    exchange->held = NULL;
    peer->owner = NULL;
    exchange_free(exchange);
    if (is_last) {
        peer_finish(peer);
    } else {
        peer_rest(peer);
        if (was_pending)
            http->go_on(http, peer, held, held_length);
    }
    free(held);
}
