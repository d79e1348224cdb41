/*
 * An exchange: one request and its answer. It is made at the first byte of the request and
 * carries whatever is known of it; its peer has none between two requests.
 *
 * Most are over before the bytes that brought the request have been read to their end. An
 * exchange that is not waits for a read, or for its client to take the rest of the
 * answer, or is a stream of events. Its peer is not read meanwhile: requests are answered
 * in their order, and what had come with this one is held, at most one read of 8 KiB.
 *
 * Answering may end the exchange: whoever calls a function that answers, here or in
 * document.h, reads.h, events.h and reply.h, does not touch the exchange after it.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "door/head.h"
#include "http/route.h"
#include "http/stream.h"

struct grant;
struct http;
struct peer;
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

/* At the first byte of a request. NULL: memory ran out. */
struct exchange *exchange_new(struct http *http, struct peer *peer);

/* It has been answered, and all is sent or being sent: the next request, or the end. */
void exchange_end(struct exchange *exchange);

/* Keeps what came behind the request. False: memory ran out. */
bool exchange_hold(struct exchange *exchange, const char *bytes, size_t length) MUST_CHECK;

/* It has to go on: at the end of the turn, not from within the hub. */
void exchange_wake(struct exchange *exchange);

/* Its stream is over, if it has one. */
void exchange_end_stream(struct exchange *exchange);

/* Its peer is gone. */
void exchange_free(struct exchange *exchange);

#endif
