/* An exchange that outlasts its callback. */
#include "http/exchange.h"

#include <event2/event.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <sys/socket.h>

struct exchange *exchange_new(struct lws *wsi, enum exchange_kind kind)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));

    if (!exchange)
        return NULL;
    exchange->wsi = wsi;
    exchange->kind = kind;
    return exchange;
}

/*
 * Something has come, or the client has closed. Who waits for a read may have sent
 * the next request already: it stays where it is until this one is answered. Who
 * is in the middle of an answer has nothing to say.
 */
static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct exchange *exchange = context;
    char byte;

    (void)what;
    if (exchange->kind == EXCHANGE_READ && recv((int)fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
        event_del(exchange->watch);
    else
        exchange_kill(exchange);
}

bool exchange_wait(struct exchange *exchange, struct event_base *base)
{
    lws_set_timeout(exchange->wsi, NO_PENDING_TIMEOUT, 0); /* ours is on the wheel */
    exchange_rest(exchange);
    exchange->watch = event_new(base, lws_get_socket_fd(exchange->wsi), EV_READ | EV_PERSIST,
                                on_readable, exchange);
    return exchange->watch && event_add(exchange->watch, NULL) == 0;
}

void exchange_rest(struct exchange *exchange)
{
    lws_rx_flow_control(exchange->wsi, 0);
}

/* The library looks at nothing of a connection that it may not read from. */
void exchange_want_writable(struct exchange *exchange)
{
    lws_rx_flow_control(exchange->wsi, 1);
    lws_callback_on_writable(exchange->wsi);
}

/* Libwebsockets 4.1 looks at a new timeout only once something wakes it. */
void exchange_kill(struct exchange *exchange)
{
    if (exchange->watch)
        event_del(exchange->watch);
    lws_set_timeout(exchange->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    lws_cancel_service(lws_get_context(exchange->wsi));
}

void exchange_free(struct exchange *exchange)
{
    if (!exchange)
        return;
    wheel_unset(&exchange->timer);
    if (exchange->watch)
        event_free(exchange->watch);
    switch (exchange->kind) {
    case EXCHANGE_BODY:
        body_release(exchange->sending.body);
        break;
    case EXCHANGE_READ:
        read_end(&exchange->read);
        break;
    case EXCHANGE_STREAM:
        stream_end(&exchange->stream);
        if (exchange->visitor)
            callers_leave(exchange->callers, exchange->visitor);
        break;
    }
    free(exchange);
}
