/* A libpq connection's socket in the loop. */
#include "net/watch.h"

bool watch_socket(struct event **io, struct event_base *base, int fd, short events,
                  event_callback_fn on_io, void *context)
{
    events |= EV_PERSIST;
    if (*io && event_get_fd(*io) == fd && event_get_events(*io) == events)
        return true;
    watch_end(io);
    *io = event_new(base, fd, events, on_io, context);
    return *io && event_add(*io, NULL) == 0;
}

void watch_end(struct event **io)
{
    if (*io)
        event_free(*io);
    *io = NULL;
}
