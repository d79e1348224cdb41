/*
 * A connection of libwebsockets, from its handshake on: the wire of a viewer, its
 * pings, and what it says.
 *
 * What the hub sends goes out raw: frames are made once, by the topic, for everybody.
 * Raw writes pass the library's own close handling by. So a viewer leaves its topics
 * before a close begins, from either side, and nothing is sent after.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bucket.h"
#include "base/buffer.h"
#include "base/wheel.h"
#include "hub/viewer.h"

struct exchange;
struct lws;
struct server;
struct visitor;

/* What libwebsockets keeps for each connection. Zeroed when it begins. */
struct connection {
    struct viewer viewer; /* first: the wheel's timer leads back to here */
    struct lws *wsi;
    struct exchange *exchange; /* of plain HTTP; NULL: none */
    struct buffer message;     /* a message that comes in pieces */
    struct bucket messages;    /* how many it may send */
    struct visitor *visitor;   /* its address; NULL: not counted */
    bool is_viewer;            /* between ESTABLISHED and CLOSED */
};

/*
 * A request wants to be upgraded. Returns what the library's callback has to return:
 * 0, or -1 when it has been refused.
 */
int connection_may_upgrade(struct server *server, struct lws *wsi, const char *upgrade) MUST_CHECK;

/* It has been: this is a viewer now. */
void connection_begin(struct server *server, struct connection *connection, struct lws *wsi);

/* Some bytes of a message have come. */
void connection_receive(struct server *server, struct connection *connection, const char *bytes,
                        size_t length);

/*
 * The viewer's close frame has come. Returns what the library must: -1, and it answers
 * nothing, if this is the answer or we have said what is wrong with it. The library
 * would send back whatever it got.
 */
int connection_peer_closes(struct connection *connection, const uint8_t *payload,
                           size_t length) MUST_CHECK;

/* A wheel's callback, with the server as its context: time for a ping, or for its answer. */
void connection_on_timer(struct wheel_timer *timer, void *server);

/* Also for a connection that never became a viewer. */
void connection_end(struct server *server, struct connection *connection);

#endif
