/*
 * The listening socket. The library's own accept loop is unbounded under a
 * burst, and holds up everybody who is there already; this one is not.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct event_base;
struct listener;

#define LISTENER_ERROR_BYTES 256
#define LISTENER_ADDRESS_BYTES 272

/* Takes ownership of the descriptor. */
typedef void listener_accept(int fd, void *context);

/*
 * Listens on "ADDR:PORT" or "[ADDR]:PORT"; is_shared: together with others that
 * share it. NULL: error says why, and what to do.
 */
struct listener *listener_new(struct event_base *base, const char *address, bool is_shared,
                              listener_accept *on_accept, void *context,
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
