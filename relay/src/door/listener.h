/*
 * The listener of one socket. libwebsockets' own accept loop is unbounded under a burst, and
 * holds up all connected clients; this listener accepts so many in a turn. When descriptors
 * run out it asks for room, or pauses.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct event_base;
struct in6_addr;
struct listener;

#define LISTENER_ERROR_BYTES 256
#define LISTENER_ADDRESS_BYTES 272

struct listener_ops {
    /* Takes ownership of the descriptor. The address is that of the client; NULL: not known. */
    void (*accept)(int fd, const struct in6_addr *address, void *context);
    /* Descriptors ran out: closes a connection at the end of this turn. False: there is none. */
    bool (*make_room)(void *context);
};

/*
 * Listens on a bound socket that does not block (see port.h), which is its own from now on.
 * NULL: error says why, and the socket is closed.
 */
struct listener *listener_new(struct event_base *base, int fd, const struct listener_ops *ops,
                              void *context, char error[LISTENER_ERROR_BYTES]) MUST_CHECK;

/* Stops listening; another process that has the same socket goes on. */
void listener_free(struct listener *listener);

#endif
