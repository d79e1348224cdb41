/*
 * What is answered over plain HTTP: see PROTOCOL.md.
 *
 * What is in memory is answered at once, header and body in one write. What has to
 * be read from the table, or is too large for one write, becomes an exchange.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/wheel.h"
#include "http/answer.h"
#include "http/exchange.h"

#define HTTP_ORIGIN_BYTES 256

struct callers;
struct event_base;
struct feed;
struct hub;
struct handshake_refusal;
struct lws;

struct http_settings {
    const char *web;     /* folder of the page; "": the files inside the program */
    const char *origins; /* see origin.h; it stays */
    struct event_base *base;
    const struct feed *feed;
    bool has_metrics_port;    /* one for operators */
    int64_t ping_interval_ms; /* of viewers; and of the heartbeat of streams */
};

struct http {
    struct http_settings settings;
    struct hub *hub;
    struct callers *callers;
    struct wheel wheel;
    char origin[HTTP_ORIGIN_BYTES]; /* of the request being answered */
    struct buffer scratch;          /* the write being made */
    struct buffer events;           /* the same, of streams: one may be sent within the other */
    struct body *lobby;             /* the document of /matches; NULL: not made yet */
    char lobby_etag[ETAG_BYTES];    /* what it was made of */
};

void http_init(struct http *http, struct hub *hub, struct callers *callers,
               const struct http_settings *settings);

/* For requests from now on: the base and the feed stay. */
void http_change(struct http *http, const struct http_settings *settings);

/* All connections must be gone. */
void http_free(struct http *http);

/* A connection to the port for operators, where there is nothing for viewers. */
void http_set_private(struct lws *wsi);
bool http_is_private(struct lws *wsi);

/* Refuses a request that has a body. 0: it has none; -1: the connection ends. */
int http_filter(struct http *http, struct lws *wsi) MUST_CHECK;

/*
 * A request; a connection's slot holds its exchange, NULL when it has none. Both
 * return what the library's callback has to return: 0, or -1 to close.
 */
int http_begin(struct http *http, struct exchange **slot, struct lws *wsi,
               const char *path) MUST_CHECK;
int http_go_on(struct http *http, struct exchange **slot, struct lws *wsi) MUST_CHECK;

/* Refuses a request at once. Returns -1: the connection ends with it. */
int http_refuse(struct http *http, struct lws *wsi,
                const struct handshake_refusal *refusal) MUST_CHECK;

/* The connection is gone, or is a viewer's now. */
void http_end(struct exchange **slot);

/* At the end of each turn: who has waited too long. */
void http_turn_end(struct http *http);

#endif
