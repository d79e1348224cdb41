/* A libpq connection's socket in the loop. */
#ifndef WATCH_H
#define WATCH_H

#include <event2/event.h>
#include <stdbool.h>

#include "base/attr.h"

/*
 * Waits for these events of the socket, for as long as the event is not freed.
 * False: out of memory.
 *
 * While libpq connects, each step may close the socket and open another one, and that
 * often gets the same number. The kernel forgets a socket that is closed, so an event
 * that was kept would wait for nothing, for ever. So end the watch before each such
 * step, and begin another after it.
 */
bool watch_socket(struct event **io, struct event_base *base, int fd, short events,
                  event_callback_fn on_io, void *context) MUST_CHECK;

/* Call it before the socket is closed, and before whatever may close it. */
void watch_end(struct event **io);

#endif
