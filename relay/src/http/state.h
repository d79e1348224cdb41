/*
 * The state of requests of HTTP, for the files of this folder: they include nothing of each
 * other but what they call. http.h and exchange.h have the functions.
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

/* Documents that are kept for a second, for others that ask for the same. */
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
    EXCHANGE_BODY,    /* the client has to take the rest of the answer */
    EXCHANGE_STREAM,
};

TAILQ_HEAD(exchange_queue, exchange);

struct exchange {
    struct http *http;
    struct peer *peer;
    struct head_reader reader;
    const struct head *head; /* the request, while it is being begun; then NULL */
    struct route route;
    struct grant *grant; /* what the request's token grants; owned. NULL: nothing, or public */
    const char *origin;  /* Access-Control-Allow-Origin; NULL: no other origin */
    char *own_origin;    /* what `origin` points to, if it is owned */
    char *known;         /* If-None-Match; owned. NULL: none */
    char *held;          /* what came behind the request; owned. NULL: nothing */
    size_t held_length;
    enum exchange_kind kind;
    bool takes_gzip, takes_brotli;
    bool is_unwanted;    /* If-Match names nothing that there is */
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
    int64_t beat_ms;                    /* STREAM: when it is shown again that it lives */
};

struct http_settings {
    const char *web;     /* folder of the page; "": the files inside the program */
    const char *origins; /* see origin.h; it stays */
    const char *images;  /* whose images a page may show: the same */
    struct evloop *loop;
    const struct source *source;
    bool has_metrics_port;    /* one for operators */
    int64_t ping_interval_ms; /* of viewers; and of the heartbeat of streams */
    /* Upgrades a peer to a WebSocket: gives it another owner. Or refuses. */
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
    /* http_go_on() and reads_leave(), which stand above exchange.c. */
    void (*go_on)(struct http *http, struct peer *peer, char *bytes, size_t length);
    void (*stop_waiting)(struct exchange *exchange);
    struct exchange_queue ready; /* have to go on at the end of this turn */
    struct buffer scratch;       /* the write being made */
    struct buffer events;        /* the same, of streams: one may be sent within the other */
    struct body *lobby;          /* the document of /matches; NULL: not made yet */
    char lobby_etag[ETAG_BYTES]; /* what it was made of */
    struct reading_queue readings[HTTP_READING_QUEUES]; /* documents that are being read */
    struct reading_queue ready_readings;
    struct recent recent[HTTP_RECENT];
    unsigned next_recent; /* the oldest of them */
};

#endif
