/* Requests, and who answers them. */
#include "http/http.h"

#include <libwebsockets.h>
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"
#include "door/bearer.h"
#include "door/handshake.h"
#include "http/document.h"
#include "http/events.h"
#include "http/reads.h"
#include "http/reply.h"
#include "http/route.h"
#include "http/site.h"
#include "hub/hub.h"
#include "net/address.h"
#include "source/feed.h"
#include "source/gauges.h"

#define WHEEL_TICK_MS 100
#define QUERY_BYTES 512
#define ID_BYTES 128

/* ---- streams ---- */

/*
 * A client that comes back says in a header how far it has come; the URL is still the
 * first one. False: what it says is no place.
 */
static bool read_last_event_id(struct lws *wsi, struct route *route)
{
    static const char name[] = "last-event-id:";
    int length = lws_hdr_custom_length(wsi, name, sizeof(name) - 1);
    char id[ID_BYTES];

    return length <= 0 || (lws_hdr_custom_copy(wsi, id, sizeof(id), name, sizeof(name) - 1) >= 0 &&
                           route_parse_since(route, id, (size_t)length));
}

static int begin_stream(struct http *http, struct exchange **slot, struct lws *wsi,
                        const struct route *route, struct grant *grant)
{
    struct request request = {.type = REQUEST_SUBSCRIBE,
                              .match_id = route->match_id,
                              .has_since = route->has_since,
                              .since_seq = route->since_seq,
                              .history = route->history};

    memcpy(request.since_epoch, route->since_epoch, sizeof(request.since_epoch));
    return events_begin(http, slot, wsi, &request, document_origin(http, wsi), grant);
}

/* Takes over the grant if it becomes a stream. */
static int send_events(struct http *http, struct exchange **slot, struct lws *wsi,
                       struct route *route, struct grant **grant)
{
    struct answer head = {
        .status = 200, .type = ANSWER_EVENTS, .is_endless = true, .is_last = true};
    struct grant *taken = *grant;

    document_share(http, wsi, &head);
    if (!handshake_page_is_allowed(wsi, http->settings.origins))
        return document_refuse(http, slot, wsi, 403, "forbidden", "this page may not connect here");
    if (!read_last_event_id(wsi, route))
        return document_refuse(http, slot, wsi, 400, "bad_request",
                               "Last-Event-ID must be EPOCH:SEQ, as an event's id has it");
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0)
        return reply_send(http, slot, wsi, &head);
    *grant = NULL;
    return begin_stream(http, slot, wsi, route, taken);
}

/* ---- for operators ---- */

/* What the library keeps for us with a connection is the address of this, or nothing. */
static char private_mark;

void http_set_private(struct lws *wsi)
{
    lws_set_opaque_user_data(wsi, &private_mark);
}

bool http_is_private(struct lws *wsi)
{
    return lws_get_opaque_user_data(wsi) == &private_mark;
}

/*
 * Where there is no port of their own, metrics are for this machine. A proxy on it
 * asks for others, and says so if it is a good one.
 */
static bool may_see_metrics(const struct http *http, struct lws *wsi)
{
    struct in6_addr address;

    if (http->settings.has_metrics_port)
        return http_is_private(wsi);
    return address_of_peer(lws_get_socket_fd(wsi), &address) && address_is_loopback(&address) &&
           lws_hdr_total_length(wsi, WSI_TOKEN_X_FORWARDED_FOR) == 0;
}

static int send_metrics(struct http *http, struct exchange **slot, struct lws *wsi)
{
    struct buffer document = {0};
    struct answer answer = {.status = 200, .type = METRICS_TYPE};
    struct gauges now;
    int result;

    if (!may_see_metrics(http, wsi))
        return document_refuse(http, slot, wsi, 403, "forbidden",
                               "metrics are for the machine of the relay: see --metrics-listen");
    gauges_take(&now, http->hub, http->settings.feed);
    metrics_write(&document, &relay_stats, &now);
    answer.bytes = document.bytes;
    answer.length = document.length;
    result = document.is_broken ? -1 : reply_send(http, slot, wsi, &answer);
    buffer_free(&document);
    return result;
}

/* ---- requests ---- */

static struct answer answer_of(const struct http *http, enum resource resource, const char *path)
{
    const char *reason = "";

    switch (resource) {
    case RESOURCE_LIVEZ:
        return answer_text(200, "ok\n");
    case RESOURCE_READYZ:
        if (http->hub->leave.is_on)
            return answer_text(503, "stopping\n");
        return feed_is_live(http->settings.feed, &reason) ? answer_text(200, "ok\n")
                                                          : answer_text(503, reason);
    case RESOURCE_WS:
        return answer_text(426, "this is for WebSocket connections\n");
    default:
        return site_answer(http->settings.web, path);
    }
}

static bool is_about_match(const struct route *route)
{
    return route->resource == RESOURCE_STATE || route->resource == RESOURCE_COMMENTARY ||
           route->resource == RESOURCE_EVENTS;
}

static int send_about_match(struct http *http, struct exchange **slot, struct lws *wsi,
                            struct route *route)
{
    struct bearer_refusal refusal;
    struct grant *grant = bearer_admit(wsi, http->hub->gate.auth, route->match_id, &refusal);
    struct answer refused = {.status = refusal.status, .challenge = refusal.challenge};
    int result;

    if (refusal.status)
        return document_refuse_as(http, slot, wsi, refused, refusal.code, refusal.message);
    result = route->resource == RESOURCE_EVENTS ? send_events(http, slot, wsi, route, &grant)
                                                : reads_begin(http, slot, wsi, route);
    grant_free(grant);
    return result;
}

static int send_route(struct http *http, struct exchange **slot, struct lws *wsi, const char *path,
                      struct route *route)
{
    struct answer answer;
    int result;

    if (route->resource == RESOURCE_METRICS)
        return send_metrics(http, slot, wsi);
    if (http_is_private(wsi) && route->resource != RESOURCE_LIVEZ &&
        route->resource != RESOURCE_READYZ)
        return document_refuse(http, slot, wsi, 404, "not_found",
                               "here are /metrics, /livez and /readyz; viewers have another port");
    if (is_about_match(route))
        return send_about_match(http, slot, wsi, route);
    answer = answer_of(http, route->resource, path);
    result = reply_send(http, slot, wsi, &answer);
    body_release(answer.body);
    return result;
}

/* A browser asks whether a page of another origin may send these headers. */
static int send_preflight(struct http *http, struct exchange **slot, struct lws *wsi)
{
    struct answer answer = {.status = 204, .is_preflight = true};

    document_share(http, wsi, &answer);
    return reply_send(http, slot, wsi, &answer);
}

/*
 * The library has cut the query into its parameters, and decoded them: 4.1 would put
 * them together with commas. False: it is too long.
 */
static bool copy_query(struct lws *wsi, char query[QUERY_BYTES])
{
    int length = 0, more;

    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS) >= QUERY_BYTES - 1)
        return false;
    query[0] = '\0';
    for (int i = 0; (more = lws_hdr_copy_fragment(wsi, query + length, QUERY_BYTES - length,
                                                  WSI_TOKEN_HTTP_URI_ARGS, i)) >= 0;
         i++) {
        length += more;
        query[length++] = '&';
        query[length] = '\0';
    }
    return true;
}

/*
 * The library loops for ever over what follows a request that has a body nobody reads.
 * Returning -1 before the library looks at the body ends the connection in time.
 */
int http_filter(struct http *http, struct lws *wsi)
{
    bool is_read = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0 ||
                   lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
    struct exchange *none = NULL;
    int result;

    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) == 0 &&
        lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) == 0)
        return 0;
    result =
        is_read
            ? document_refuse_as(http, &none, wsi, (struct answer){.status = 400, .is_last = true},
                                 "bad_request", "a request has no body here")
            : document_refuse(http, &none, wsi, 405, "method_not_allowed", "GET and HEAD only");
    http_end(&none);
    (void)result;
    return -1;
}

int http_begin(struct http *http, struct exchange **slot, struct lws *wsi, const char *path)
{
    char query[QUERY_BYTES];
    struct route route;

    http_end(slot);
    if (lws_hdr_total_length(wsi, WSI_TOKEN_OPTIONS_URI) > 0)
        return send_preflight(http, slot, wsi);
    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) == 0 &&
        lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) == 0)
        return document_refuse(http, slot, wsi, 405, "method_not_allowed", "GET and HEAD only");
    if (!copy_query(wsi, query))
        return document_refuse(http, slot, wsi, 400, "bad_request", "the query is too long");
    if (!route_parse(&route, path, query))
        return document_refuse(http, slot, wsi, route.status, route.error_code,
                               route.error_message);
    return send_route(http, slot, wsi, path, &route);
}

int http_go_on(struct http *http, struct exchange **slot, struct lws *wsi)
{
    struct exchange *exchange = *slot;

    if (!exchange)
        return 0;
    if (exchange->kind == EXCHANGE_BODY)
        return reply_go_on(http, slot);
    if (exchange->kind == EXCHANGE_STREAM)
        return events_go_on(http, slot);
    return reads_go_on(http, slot, wsi);
}

int http_refuse(struct http *http, struct lws *wsi, const struct handshake_refusal *refusal)
{
    struct answer answer = answer_text(refusal->status, refusal->text);
    struct exchange *none = NULL;
    int result;

    answer.retry_after_s = refusal->retry_after_s;
    answer.challenge = refusal->challenge;
    answer.is_last = true;
    result = reply_send(http, &none, wsi, &answer);
    http_end(&none);
    (void)result;
    return -1;
}

void http_end(struct exchange **slot)
{
    exchange_free(*slot);
    *slot = NULL;
}

/* ---- time ---- */

static void on_timer(struct wheel_timer *timer, void *context)
{
    struct exchange *exchange = (struct exchange *)timer;

    if (exchange->kind == EXCHANGE_STREAM)
        events_on_timer(context, exchange);
    else if (exchange->kind == EXCHANGE_READ)
        read_give_up(&exchange->read);
    else
        exchange_kill(exchange);
}

void http_turn_end(struct http *http)
{
    wheel_turn(&http->wheel, clock_ms(), on_timer, http);
}

void http_init(struct http *http, struct hub *hub, struct callers *callers,
               const struct http_settings *settings)
{
    *http = (struct http){.settings = *settings, .hub = hub, .callers = callers};
    wheel_init(&http->wheel, clock_ms(), WHEEL_TICK_MS);
}

void http_change(struct http *http, const struct http_settings *settings)
{
    http->settings.web = settings->web;
    http->settings.origins = settings->origins;
    http->settings.ping_interval_ms = settings->ping_interval_ms;
}

void http_free(struct http *http)
{
    body_release(http->lobby);
    buffer_free(&http->scratch);
    buffer_free(&http->events);
}
