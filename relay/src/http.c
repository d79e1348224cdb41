/* Requests, and who answers them. */
#include "http.h"

#include <libwebsockets.h>
#include <netinet/in.h>
#include <string.h>

#include "address.h"
#include "bearer.h"
#include "clock.h"
#include "events.h"
#include "feed.h"
#include "gauges.h"
#include "handshake.h"
#include "hub.h"
#include "protocol.h"
#include "reply.h"
#include "route.h"
#include "site.h"

#define WHEEL_TICK_MS 100
/* A read that takes longer is answered with 503. */
#define READ_PATIENCE_MS 10000
/* A cache may answer for so long: a thousand who ask at once are one request for us. */
#define SHORTLY "public, max-age=1"
#define PRIVATELY "private, no-cache"
#define QUERY_BYTES 512
#define LIST_BYTES 1024
#define ID_BYTES 128

/*
 * The one place that says which page of another origin may read what we answer: any,
 * or those of --origins. NULL: not this one. Valid until the next request.
 */
static const char *origin_allowed(struct http *http, struct lws *wsi)
{
    if (!*http->settings.origins)
        return "*";
    if (!handshake_page_is_allowed(wsi, http->settings.origins) ||
        lws_hdr_copy(wsi, http->origin, sizeof(http->origin), WSI_TOKEN_ORIGIN) <= 0)
        return NULL;
    return http->origin;
}

/* Who else may have what is answered about matches: pages of other origins, and caches. */
static void share(struct http *http, struct lws *wsi, struct answer *answer)
{
    answer->origin = origin_allowed(http, wsi);
    answer->is_by_origin = *http->settings.origins != '\0';
    if (http->hub->gate.auth)
        answer->caching = PRIVATELY;
}

static int send_error_as(struct http *http, struct exchange **slot, struct lws *wsi,
                         struct answer answer, const char *code, const char *message)
{
    struct buffer document = {0};
    int result;

    protocol_error_document(&document, code, message);
    answer.type = ANSWER_JSON;
    answer.bytes = document.bytes;
    answer.length = document.length;
    share(http, wsi, &answer);
    result = document.is_broken ? -1 : reply_send(http, slot, wsi, &answer);
    buffer_free(&document);
    return result;
}

static int send_error(struct http *http, struct exchange **slot, struct lws *wsi, unsigned status,
                      const char *code, const char *message)
{
    /* After a 405 a body may follow that nobody reads. */
    const struct answer answer = {.status = status, .is_last = status == 405};

    return send_error_as(http, slot, wsi, answer, code, message);
}

static bool is_known(struct lws *wsi, const char *etag)
{
    char list[LIST_BYTES];

    return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH) > 0 &&
           lws_hdr_copy(wsi, list, sizeof(list), WSI_TOKEN_HTTP_IF_NONE_MATCH) > 0 &&
           etag_matches(list, etag);
}

/* A document with its entity tag, or without content if the client has it already. */
static int send_document(struct http *http, struct exchange **slot, struct lws *wsi,
                         struct answer answer)
{
    answer.status = 200;
    answer.type = ANSWER_JSON;
    answer.caching = SHORTLY;
    share(http, wsi, &answer);
    if (is_known(wsi, answer.etag)) {
        answer.status = 304;
        answer.type = NULL;
        answer.length = 0;
    }
    return reply_send(http, slot, wsi, &answer);
}

/* ---- from memory ---- */

/* The same document for all who ask until the scoreboard changes. False: memory ran out. */
static bool make_lobby(struct http *http, const char *etag)
{
    struct buffer document = {0};

    if (http->lobby && strcmp(http->lobby_etag, etag) == 0)
        return true;
    protocol_state_document(&document, http->hub->lobby_topic, http->hub->epoch);
    body_release(http->lobby);
    http->lobby = document.is_broken ? NULL : body_new(document.bytes, document.length);
    memcpy(http->lobby_etag, etag, ETAG_BYTES);
    buffer_free(&document);
    return http->lobby != NULL;
}

static int send_lobby(struct http *http, struct exchange **slot, struct lws *wsi, const char *etag)
{
    if (!make_lobby(http, etag))
        return -1;
    return send_document(http, slot, wsi,
                         (struct answer){.bytes = http->lobby->bytes,
                                         .length = http->lobby->length,
                                         .body = http->lobby,
                                         .etag = etag});
}

/* ---- reads ---- */

static int finish_read(struct http *http, struct exchange **slot, struct lws *wsi)
{
    struct exchange *exchange = *slot;
    struct read *read = &exchange->read;
    struct answer answer = {.bytes = read->document.bytes,
                            .length = read->document.length,
                            .status = read->status,
                            .type = ANSWER_JSON,
                            .etag = read->etag};
    int result;

    *slot = NULL; /* the answer may need one of its own */
    if (read->document.is_broken)
        result = -1; /* not even that there is no memory can be said */
    else if (read->status == 200)
        result = send_document(http, slot, wsi, answer);
    else {
        answer.etag = NULL;
        share(http, wsi, &answer);
        result = reply_send(http, slot, wsi, &answer);
    }
    exchange_free(exchange);
    return result;
}

/* From within the hub: the answer is sent from the library's callback. */
static void on_read_ready(void *context)
{
    exchange_want_writable(context);
}

static int begin_read(struct http *http, struct exchange **slot, struct lws *wsi,
                      const struct read_wish *wish)
{
    struct exchange *exchange = exchange_new(wsi, EXCHANGE_READ);

    if (!exchange)
        return -1;
    *slot = exchange;
    read_begin(&exchange->read, http->hub, wish, on_read_ready, exchange);
    if (exchange->read.status != 0)
        return finish_read(http, slot, wsi);
    wheel_set(&http->wheel, &exchange->timer, READ_PATIENCE_MS);
    return exchange_wait(exchange, http->settings.base) ? 0 : -1;
}

static int send_topic(struct http *http, struct exchange **slot, struct lws *wsi,
                      const struct route *route)
{
    const struct read_wish wish = {.match_id = route->match_id,
                                   .wants_entries = route->resource == RESOURCE_COMMENTARY,
                                   .has_since = route->has_since,
                                   .since_seq = route->since_seq,
                                   .limit = route->limit};
    char etag[ETAG_BYTES];

    if (read_etag(http->hub, wish.match_id, etag)) {
        if (is_known(wsi, etag))
            return send_document(http, slot, wsi, (struct answer){.etag = etag});
        if (wish.match_id == TOPIC_LOBBY)
            return send_lobby(http, slot, wsi, etag);
    }
    return begin_read(http, slot, wsi, &wish);
}

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
    return events_begin(http, slot, wsi, &request, origin_allowed(http, wsi), grant);
}

/* Takes over the grant if it becomes a stream. */
static int send_events(struct http *http, struct exchange **slot, struct lws *wsi,
                       struct route *route, struct grant **grant)
{
    struct answer head = {
        .status = 200, .type = ANSWER_EVENTS, .is_endless = true, .is_last = true};
    struct grant *taken = *grant;

    share(http, wsi, &head);
    if (!handshake_page_is_allowed(wsi, http->settings.origins))
        return send_error(http, slot, wsi, 403, "forbidden", "this page may not connect here");
    if (!read_last_event_id(wsi, route))
        return send_error(http, slot, wsi, 400, "bad_request",
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
        return send_error(http, slot, wsi, 403, "forbidden",
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
        return send_error_as(http, slot, wsi, refused, refusal.code, refusal.message);
    result = route->resource == RESOURCE_EVENTS ? send_events(http, slot, wsi, route, &grant)
                                                : send_topic(http, slot, wsi, route);
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
        return send_error(http, slot, wsi, 404, "not_found",
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

    share(http, wsi, &answer);
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

int http_begin(struct http *http, struct exchange **slot, struct lws *wsi, const char *path)
{
    char query[QUERY_BYTES];
    struct route route;

    http_end(slot);
    if (lws_hdr_total_length(wsi, WSI_TOKEN_OPTIONS_URI) > 0)
        return send_preflight(http, slot, wsi);
    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) == 0 &&
        lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) == 0)
        return send_error(http, slot, wsi, 405, "method_not_allowed", "GET and HEAD only");
    if (!copy_query(wsi, query))
        return send_error(http, slot, wsi, 400, "bad_request", "the query is too long");
    if (!route_parse(&route, path, query))
        return send_error(http, slot, wsi, route.status, route.error_code, route.error_message);
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
    return read_go_on(&exchange->read) ? finish_read(http, slot, wsi) : 0;
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
