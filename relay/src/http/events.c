/* Streams of Server-Sent Events. */
#include "http/events.h"

#include <libwebsockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "door/caller.h"
#include "http/reply.h"

#define JOIN_PATIENCE_MS 10000

/* ---- the wire of a stream ---- */

static enum wire_result wire_send(void *wire, const uint8_t *bytes, size_t length)
{
    struct exchange *exchange = wire;

    if (lws_write(exchange->wsi, (unsigned char *)(uintptr_t)bytes, length, LWS_WRITE_RAW) < 0)
        return WIRE_BROKEN;
    if (!exchange->is_begun)
        exchange_want_writable(exchange);
    exchange->is_begun = true;
    return lws_partial_buffered(exchange->wsi) ? WIRE_CHOKED : WIRE_SENT;
}

/* Refused or ended: the rest is done in the library's callback. */
static void wire_close(void *wire)
{
    struct exchange *exchange = wire;

    if (exchange->stream.viewer.close_code == CLOSE_LOST)
        exchange_kill(exchange);
    else
        exchange_want_writable(exchange);
}

static void wire_want_writable(void *wire)
{
    exchange_want_writable(wire);
}

static const struct viewer_wire wire_ops = {
    .send = wire_send,
    .want_writable = wire_want_writable,
    .close = wire_close,
};

/* ---- */

static int events_refuse(struct http *http, struct exchange **slot)
{
    struct exchange *exchange = *slot;
    const struct stream *stream = &exchange->stream;
    struct answer answer = {.status = 404,
                            .type = ANSWER_JSON,
                            .bytes = stream->document.bytes,
                            .length = stream->document.length,
                            .origin = stream->origin};
    int result;

    *slot = NULL; /* the answer may need one of its own */
    result = reply_send(http, slot, exchange->wsi, &answer);
    exchange_free(exchange);
    return result;
}

/* A client that no longer answers is noticed by the kernel: events need no answer of it. */
static void limit_silence(struct lws *wsi, int64_t limit_ms)
{
    unsigned limit = (unsigned)limit_ms;

    setsockopt(lws_get_socket_fd(wsi), IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof(limit));
}

/* Counts it as a viewer of its address, unless that has too many. */
static enum close_code enter(struct http *http, struct exchange *exchange)
{
    struct lws *wsi = exchange->wsi;

    if (callers_knock(http->callers, wsi).status)
        return CLOSE_TOO_MANY;
    exchange->callers = http->callers;
    exchange->visitor = callers_enter(http->callers, wsi);
    return CLOSE_NONE;
}

int events_begin(struct http *http, struct exchange **slot, struct lws *wsi,
                 const struct request *request, const char *origin, struct grant *grant)
{
    const int64_t beat_ms = http->settings.ping_interval_ms;
    struct exchange *exchange = exchange_new(wsi, EXCHANGE_STREAM);
    struct stream_settings settings = {http->hub, &http->events, &wire_ops, exchange};
    struct stream_caller caller = {.origin = origin, .grant = grant};

    *slot = exchange;
    /* Before anything is sent: what cannot be sent at once asks for more right then. */
    if (!exchange || !exchange_wait(exchange, http->settings.base)) {
        grant_free(grant);
        return -1;
    }
    limit_silence(wsi, 2 * beat_ms);
    caller.reason = enter(http, exchange);
    stream_begin(&exchange->stream, &settings, request, &caller);
    exchange->give_up_ms = clock_ms() + JOIN_PATIENCE_MS;
    wheel_set(&http->wheel, &exchange->timer,
              beat_ms < JOIN_PATIENCE_MS ? beat_ms : JOIN_PATIENCE_MS);
    return 0;
}

int events_go_on(struct http *http, struct exchange **slot)
{
    struct exchange *exchange = *slot;
    struct stream *stream = &exchange->stream;

    if (stream->state == STREAM_REFUSED)
        return events_refuse(http, slot);
    if (stream->state == STREAM_ENDED)
        return lws_partial_buffered(exchange->wsi) ? 0 : -1;
    /* The library would keep 5 KB of request for as long as there are events. */
    if (exchange->is_begun && lws_http_headers_detach(exchange->wsi) != 0)
        return -1;
    exchange_rest(exchange);
    stream_go_on(stream);
    return 0;
}

void events_on_timer(struct http *http, struct exchange *exchange)
{
    struct stream *stream = &exchange->stream;
    bool has_ended = stream->state == STREAM_REFUSED || stream->state == STREAM_ENDED;

    if (has_ended) {
        exchange_kill(exchange);
        return;
    }
    if (stream->state == STREAM_OPEN)
        stream_beat(stream);
    else if (clock_ms() >= exchange->give_up_ms)
        stream_give_up(stream);
    /* One that ends now gets as long as one that lives to take the rest. */
    wheel_set(&http->wheel, &exchange->timer, http->settings.ping_interval_ms);
}
