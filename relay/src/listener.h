/*
 * The listening socket. The library's own accept loop is unbounded under a
 * burst, and holds up everybody who is there already; this one is not.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "attr.h"

struct event_base;
struct listener;

#define LISTENER_ERROR_BYTES 256

/* Takes ownership of the descriptor. */
typedef void listener_accept(int fd, void *context);

/*
 * Listens on "ADDR:PORT" or "[ADDR]:PORT". NULL: error says why, and what to do.
 */
struct listener *listener_new(struct event_base *base, const char *address,
                              listener_accept *on_accept, void *context,
                              char error[LISTENER_ERROR_BYTES]) MUST_CHECK;

/* The port that it listens on, also when it was asked for port 0. */
int listener_port(const struct listener *listener);

void listener_free(struct listener *listener);

#endif
