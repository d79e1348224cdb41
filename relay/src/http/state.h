/*
 * The state of HTTP requests, which the files of this folder share. The functions are in http.h
 * and exchange.h.
 */
#ifndef HTTP_STATE_H
#define HTTP_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/body.h"
#include "base/buffer.h"
#include "door/head_reader.h"
#include "door/refusal.h"
#include "http/content/etag.h"
#include "http/content/read.h"
#include "http/content/route.h"
#include "http/content/stream.h"

/* Documents that are kept for a second, for other clients that ask for the same. */
#define HTTP_RECENT 8
#define HTTP_READING_QUEUES 256

struct evloop;
struct grant;
struct http;
struct hub;
struct peer;
struct peers;
struct source;
struct reading;
struct visitor;

enum exchange_kind {
    EXCHANGE_REQUEST, /* the request is not whole, or is being answered right now */
    EXCHANGE_READ,    /* waits for `reading` */
    EXCHANGE_BODY,    /* waits until the client has taken the rest of the answer */
    EXCHANGE_STREAM,
};

TAILQ_HEAD(exchange_queue, exchange);

struct exchange {
    struct http *http;
    struct peer *peer;
    struct head_reader reader;
    const struct head *head; /* the head of the request, while it begins; then NULL */
    struct route route;
    struct grant *grant; /* of the request's token; owned. NULL: no token is needed or shown */
    const char *origin;  /* Access-Control-Allow-Origin; NULL: no other origin */
    char *own_origin;    /* what `origin` points to, if it is owned */
    char *known;         /* If-None-Match; owned. NULL: none */
    char *held;          /* bytes that came after the request; owned. NULL: none */
    size_t held_length;
    enum exchange_kind kind;
    bool takes_gzip, takes_brotli;
    bool is_unwanted;    /* If-Match is there, and not "*" */
    bool is_head;        /* the answer has no body */
    bool is_old;         /* HTTP/1.0 */
    bool is_last;        /* the connection ends with it */
    bool is_ready;       /* in http->ready: goes on at the end of the turn */
    bool has_stream;     /* `stream` has begun */
    bool is_half_closed; /* STREAM: the client has closed its side */
    TAILQ_ENTRY(exchange) ready_link;
    TAILQ_ENTRY(exchange) reading_link; /* READ */
    struct reading *reading;            /* READ */
    struct stream stream;               /* STREAM */
    struct visitor *visitor;            /* STREAM: its address; NULL: not counted */
    int64_t give_up_ms;                 /* STREAM: when it must have joined */
    int64_t beat_ms;                    /* STREAM: when the next heartbeat is due */
};

struct http_settings {
    const char *web;     /* folder of the page; "": the files inside the program */
    const char *origins; /* --origins, see origin.h; not owned */
    const char *images;  /* --images: origins whose images a page may show; not owned */
    struct evloop *loop;
    const struct source *source;
    bool has_metrics_port;    /* --metrics-listen: operators have a port of their own */
    int64_t ping_interval_ms; /* the interval of heartbeats of streams */
    /* Upgrades a peer to a WebSocket, which gives it another owner, or refuses. */
    struct refusal (*upgrade)(struct peer *peer, const struct head *head, void *context);
    void *context;
};

/* A document that was read a moment ago. */
struct recent {
    struct read_wish wish;
    char etag[ETAG_BYTES];
    struct body *body; /* NULL: none */
    int64_t read_ms;
};

TAILQ_HEAD(reading_queue, reading);

struct http {
    struct http_settings settings;
    struct hub *hub;
    struct peers *peers;
    /* http_go_on() and reads_leave(), which exchange.c must not include. */
    void (*go_on)(struct http *http, struct peer *peer, char *bytes, size_t length);
    void (*stop_waiting)(struct exchange *exchange);
    struct exchange_queue ready; /* exchanges that go on at the end of this turn */
    struct buffer scratch;       /* the bytes of the next write of an answer */
    struct buffer events;        /* of a stream: it may write while an answer is being made */
    struct body *lobby;          /* the document of /matches; NULL: not made yet */
    char lobby_etag[ETAG_BYTES]; /* the entity tag of that document */
    struct reading_queue readings[HTTP_READING_QUEUES]; /* documents that are being read */
    struct reading_queue ready_readings;
    struct recent recent[HTTP_RECENT];
    unsigned next_recent; /* modulo HTTP_RECENT: the oldest of them */
};

#endif
