/* A libpq connection's socket in the loop. */
#ifndef WATCH_H
#define WATCH_H

#include <event2/event.h>
#include <stdbool.h>

#include "base/attr.h"

/*
 * Waits for these events of the socket, for as long as the event is not freed. While
 * libpq connects, the socket may be another one after each step: then *io is, too.
 * False: out of memory.
 */
bool watch_socket(struct event **io, struct event_base *base, int fd, short events,
                  event_callback_fn on_io, void *context) MUST_CHECK;

/* Before the socket is closed. */
void watch_end(struct event **io);

#endif
