/*
 * The listening socket. libwebsockets' own accept loop is unbounded under a burst, and
 * holds up everybody who is there already; this one is not. When descriptors run out it
 * has room made, or pauses.
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
    /* Descriptors ran out: closes one, at the end of this turn. False: there is none to close. */
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
 * Takes an address for those who will share it, without listening; `taken` is it with
 * its port, also when that was 0. Returns a descriptor that holds it until it is
 * closed. -1: error says why, as it does when others share it already.
 */
int listener_reserve(const char *address, char taken[LISTENER_ADDRESS_BYTES],
                     char error[LISTENER_ERROR_BYTES]) MUST_CHECK;

/* The port that it listens on, also when it was asked for port 0. */
int listener_port(const struct listener *listener);

void listener_free(struct listener *listener);

#endif
