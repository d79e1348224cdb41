/* Calls the file that answers a request, and handles the other events of its peer. */
#include "http/http.h"

#include <string.h>

#include "door/bearer.h"
#include "door/clients.h"
#include "door/peer.h"
#include "http/document.h"
#include "http/events.h"
#include "http/exchange.h"
#include "http/pages.h"
#include "http/reads.h"
#include "http/reply.h"
#include "http/site.h"
#include "hub/drain.h"
#include "hub/hub.h"
#include "net/address.h"
#include "source/gauges.h"
#include "source/source.h"
#include "stats/metrics.h"

/* ---- for operators ---- */

/*
 * With --metrics-listen, requests of that port come from operators. Without it, a client on this
 * machine is an operator, unless X-Forwarded-For says that it is a proxy that asks for another.
 */
static bool is_operator(const struct exchange *exchange)
{
    struct in6_addr address;

    if (exchange->http->settings.has_metrics_port)
        return exchange->peer->is_private;
    return peer_address(exchange->peer, &address) && address_is_loopback(&address) &&
           head_count(exchange->head, "x-forwarded-for") == 0;
}

static void send_metrics(struct exchange *exchange)
{
    struct buffer document = {0};
    struct answer answer = {.status = 200, .type = METRICS_TYPE};
    struct process process;
    struct gauges now;

    if (!is_operator(exchange)) {
        document_refuse(exchange, 403, "forbidden",
                        "metrics are for the machine of the relay: see --metrics-listen");
        return;
    }
    gauges_take(&now, exchange->http->settings.source);
    process_take(&process);
    metrics_write(&document, &relay_stats, &now, &process);
    answer.bytes = document.bytes;
    answer.length = document.length;
    if (document.is_broken)
        peer_kill(exchange->peer);
    else
        reply_send(exchange, &answer);
    buffer_free(&document);
}

/* ---- routes ---- */

/* The reason may name hosts and roles of the database, so only operators read it. */
static struct answer answer_whether_ready(const struct exchange *exchange)
{
    const struct source *source = exchange->http->settings.source;
    const char *reason = "";

    if (drain_is_final(exchange->http->hub))
        return answer_text(503, "stopping\n");
    if (!source_is_live(source, &reason))
        return answer_text(503, is_operator(exchange) ? reason : "the database is away\n");
    if (!source_is_acknowledged(source, &reason))
        return answer_text(503, is_operator(exchange) ? reason
                                                      : "the database acknowledges no commit\n");
    return answer_text(200, "ok\n");
}

static struct answer file_answer(const struct exchange *exchange, const char *path)
{
    const struct site_codings codings = {exchange->takes_gzip, exchange->takes_brotli};

    return site_answer(&exchange->http->settings, path, codings);
}

/* The only page that other sites may show in a frame. */
static struct answer answer_embed(const struct exchange *exchange)
{
    struct answer answer = file_answer(exchange, "/embed.html");

    answer.frames = exchange->http->settings.origins;
    answer.is_embeddable = true;
    return answer;
}

static struct answer answer_of(const struct exchange *exchange)
{
    switch (exchange->route.resource) {
    case RESOURCE_LIVEZ:
        return answer_text(200, "ok\n");
    case RESOURCE_READYZ:
        return answer_whether_ready(exchange);
    case RESOURCE_WS:
        return answer_text(426, "this is for WebSocket connections\n");
    case RESOURCE_EMBED:
        return answer_embed(exchange);
    default:
        return file_answer(exchange, exchange->head->path);
    }
}

static void send_plain(struct exchange *exchange)
{
    struct answer answer = answer_of(exchange);
    struct body *body = answer.body;

    if (answer.is_embeddable)
        document_open(exchange, &answer);
    reply_send(exchange, &answer);
    body_release(body);
}

static bool is_about_match(const struct route *route)
{
    return route->resource == RESOURCE_STATE || route->resource == RESOURCE_MATCHES ||
           route->resource == RESOURCE_COMMENTARY || route->resource == RESOURCE_EVENTS;
}

/* A token has to cover every match that the request is about. */
static struct bearer_refusal admit(struct exchange *exchange)
{
    const struct auth *auth = exchange->http->hub->gate.auth;
    const struct route *route = &exchange->route;
    struct bearer_refusal refusal;

    exchange->grant =
        bearer_admit(exchange->head, auth,
                     route->place_count ? route->places[0].match_id : route->match_id, &refusal);
    for (int i = 1; i < route->place_count && !refusal.status; i++)
        refusal = bearer_check(exchange->grant, route->places[i].match_id);
    return refusal;
}

static void send_about_match(struct exchange *exchange)
{
    struct bearer_refusal refusal = admit(exchange);
    struct answer refused = {0};

    if (refusal.status) {
        refused.status = refusal.status;
        refused.challenge = refusal.challenge;
        document_refuse_as(exchange, refused, refusal.code, refusal.message);
    } else if (exchange->route.resource == RESOURCE_EVENTS) {
        events_begin(exchange);
    } else {
        reads_begin(exchange);
    }
}

/* A browser that opens a link sends no token, so with tokens the page tells nothing of the match.
 */
static void send_page(struct exchange *exchange)
{
    if (exchange->route.resource == RESOURCE_PAGE_MOVED)
        pages_send_moved(exchange);
    else if (exchange->http->hub->gate.auth)
        pages_send_blank(exchange, 200);
    else if (exchange->route.match_id == 0)
        pages_send_blank(exchange, 404);
    else
        reads_begin(exchange);
}

static bool is_page(const struct route *route)
{
    return route->resource == RESOURCE_PAGE || route->resource == RESOURCE_PAGE_MOVED;
}

void http_route(struct exchange *exchange)
{
    enum resource resource = exchange->route.resource;

    if (resource == RESOURCE_METRICS)
        send_metrics(exchange);
    else if (exchange->peer->is_private && resource != RESOURCE_LIVEZ &&
             resource != RESOURCE_READYZ)
        document_refuse(exchange, 404, "not_found",
                        "here are /metrics, /livez and /readyz; viewers have another port");
    else if (is_about_match(&exchange->route))
        send_about_match(exchange);
    else if (is_page(&exchange->route))
        send_page(exchange);
    else
        send_plain(exchange);
}

/* ---- events of a peer ---- */

static void on_hear(struct peer *peer, char *bytes, size_t length)
{
    http_go_on(peer->peers->context, peer, bytes, length);
}

static void on_writable(struct peer *peer)
{
    struct exchange *exchange = peer->owner;

    if (!exchange)
        return;
    if (exchange->kind == EXCHANGE_BODY)
        reply_is_sent(exchange);
    else if (exchange->kind == EXCHANGE_STREAM)
        events_writable(exchange);
}

static void on_late(struct peer *peer)
{
    struct exchange *exchange = peer->owner;

    if (!exchange || exchange->kind == EXCHANGE_REQUEST)
        peer_kill(peer);
    else if (exchange->kind == EXCHANGE_READ)
        reads_give_up(exchange);
    else if (exchange->kind == EXCHANGE_BODY)
        reply_is_late(exchange);
    else
        events_tick(exchange);
}

static void on_gone(struct peer *peer)
{
    if (peer->owner)
        exchange_free(peer->owner);
    peer->owner = NULL;
}

const struct peer_ops http_ops = {
    .hear = on_hear,
    .writable = on_writable,
    .late = on_late,
    .gone = on_gone,
};

/* ---- from the start to the end ---- */

void http_turn_end(struct http *http)
{
    struct exchange *exchange;

    while ((exchange = TAILQ_FIRST(&http->ready))) {
        TAILQ_REMOVE(&http->ready, exchange, ready_link);
        exchange->is_ready = false;
        events_go_on(exchange);
    }
    reads_turn_end(http);
}

void http_init(struct http *http, struct hub *hub, const struct http_settings *settings)
{
    *http = (struct http){
        .settings = *settings, .hub = hub, .go_on = http_go_on, .stop_waiting = reads_leave};
    TAILQ_INIT(&http->ready);
    reads_init(http);
}

void http_set_peers(struct http *http, struct peers *peers)
{
    http->peers = peers;
}

void http_change(struct http *http, const struct http_settings *settings)
{
    http->settings.web = settings->web;
    http->settings.origins = settings->origins;
    http->settings.images = settings->images;
    http->settings.ping_interval_ms = settings->ping_interval_ms;
}

void http_free(struct http *http)
{
    reads_free(http);
    buffer_free(&http->scratch);
    buffer_free(&http->events);
}
