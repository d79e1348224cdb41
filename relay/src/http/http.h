/*
 * Requests of plain HTTP, and who answers them: see PROTOCOL.md. A new peer is ours until
 * it is upgraded to a WebSocket.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/body.h"
#include "base/buffer.h"
#include "door/refusal.h"
#include "http/etag.h"
#include "http/exchange.h"
#include "http/read.h"

/* Documents that are kept for a second, for others that ask for the same. */
#define HTTP_RECENT 8
#define HTTP_READING_QUEUES 256

struct evloop;
struct feed;
struct head;
struct hub;
struct peer;
struct peer_ops;
struct peers;

struct http_settings {
    const char *web;     /* folder of the page; "": the files inside the program */
    const char *origins; /* see origin.h; it stays */
    struct evloop *loop;
    const struct feed *feed;
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

/* What a new peer begins with; peers.context is the http. */
extern const struct peer_ops http_ops;

void http_init(struct http *http, struct hub *hub, const struct http_settings *settings);

/* Before the first peer comes. */
void http_set_peers(struct http *http, struct peers *peers);

/* For requests from now on: only the page, the origins and the interval change. */
void http_change(struct http *http, const struct http_settings *settings);

/* Reads the next requests of a peer: first these bytes, then what else it sends. */
void http_go_on(struct http *http, struct peer *peer, char *bytes, size_t length);

/* At the end of each turn: exchanges that have to go on. */
void http_turn_end(struct http *http);

/* All peers must be gone. */
void http_free(struct http *http);

#endif
