/*
 * The listening socket. libwebsockets' own accept loop is unbounded under a burst, and
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
 * Listens on "ADDR:PORT" or "[ADDR]:PORT"; is_shared: together with others that
 * share it. NULL: error says why, and what to do.
 */
struct listener *listener_new(struct event_base *base, const char *address, bool is_shared,
                              const struct listener_ops *ops, void *context,
                              char error[LISTENER_ERROR_BYTES]) MUST_CHECK;

/*
 * Reserves an address for listeners that will share it, without listening. `taken` is the
 * address with the port that was found, also when port 0 was asked for. Returns a descriptor
 * that holds the address until it is closed. -1: error says why, for instance because another
 * relay has the port.
 */
int listener_reserve(const char *address, char taken[LISTENER_ADDRESS_BYTES],
                     char error[LISTENER_ERROR_BYTES]) MUST_CHECK;

/* The port that it listens on, also when it was asked for port 0. */
int listener_port(const struct listener *listener);

void listener_free(struct listener *listener);

#endif
