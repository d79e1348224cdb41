/* Waits in the event loop for events of a libpq connection's socket. */
#ifndef WATCH_H
#define WATCH_H

#include <event2/event.h>
#include <stdbool.h>

#include "base/attr.h"

/*
 * Waits for these events of the socket until watch_end() is called. False: memory ran out.
 *
 * While libpq connects, each step may close the socket and open another one, which often gets the
 * same number. The kernel forgets a closed socket, so an old event would wait for ever. So end the
 * watch before each such step, and begin another one after it.
 */
bool watch_socket(struct event **io, struct event_base *base, int fd, short events,
                  event_callback_fn on_io, void *context) MUST_CHECK;

/* Call it before the socket is closed, and before each call of libpq that may close it. */
void watch_end(struct event **io);

#endif
