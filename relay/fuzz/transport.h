/*
 * A transport that stands in for libwebsockets: one connection without a socket. What the
 * relay writes is collected; how much of it a client takes at once is decided by the input.
 */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct peer;

/* What door/peer.c knows as a connection of libwebsockets. */
struct lws {
    struct peer *peer;  /* NULL: closed */
    struct buffer sent; /* all that the relay has written */
    bool chokes;        /* a write is never taken whole at once */
    bool is_partial;    /* and the library still holds the rest of one */
    bool wants_writable;
    bool may_read;
};

/* The client takes what is held; the relay is told if it asked for that. False: nothing to do. */
bool transport_turn(struct lws *wsi);

/* The connection ends, by either side. */
void transport_close(struct lws *wsi);

#endif
