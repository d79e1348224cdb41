/*
 * libwebsockets 4.3 and later through its public event_lib_custom operations,
 * each connection being an event of libevent's.
 *
 * The library keeps a pointer of ours for each of its threads, and nothing for
 * each connection; so that is a table by descriptor.
 */
#include "net/evloop.h"

#include <event2/event.h>
#include <libwebsockets.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct watch {
    struct event *read, *write;
};

struct evloop {
    struct event_base *base;
    struct lws_context *context;
    struct event *timeout;
    struct watch *watches; /* by descriptor */
    int watch_count;
    void *foreign[1];
    bool is_awake;
};

static struct evloop *evloop_of(const struct lws *wsi)
{
    return *(struct evloop **)lws_evlib_tsi_to_evlib_pt(lws_get_context(wsi), 0);
}

static void on_timeout(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)context;
}

static void on_ready(evutil_socket_t fd, short what, void *context)
{
    struct evloop *loop = context;
    short events = (short)((what & EV_READ ? POLLIN : 0) | (what & EV_WRITE ? POLLOUT : 0));
    struct lws_pollfd ready = {.fd = (int)fd, .events = events, .revents = events};

    lws_service_fd_tsi(loop->context, &ready, 0);
}

static bool evloop_reserve(struct evloop *loop, int fd)
{
    int count = loop->watch_count ? loop->watch_count : 256;
    struct watch *watches;

    if (fd < loop->watch_count)
        return true;
    while (count <= fd)
        count *= 2;
    watches = realloc(loop->watches, (size_t)count * sizeof(*watches));
    if (!watches)
        return false;
    memset(watches + loop->watch_count, 0, (size_t)(count - loop->watch_count) * sizeof(*watches));
    loop->watches = watches;
    loop->watch_count = count;
    return true;
}

static void watch_set(struct evloop *loop, struct event **event, int fd, short what, bool is_on)
{
    if (!is_on) {
        if (*event)
            event_del(*event);
        return;
    }
    if (!*event)
        *event = event_new(loop->base, fd, (short)(what | EV_PERSIST), on_ready, loop);
    if (!*event || event_add(*event, NULL) != 0)
        log_error("out of memory: a connection is not served");
}

static int init_thread(struct lws_context *context, void *loop, int thread)
{
    *(void **)lws_evlib_tsi_to_evlib_pt(context, thread) = loop;
    return 0;
}

static void on_interest(struct lws *wsi, unsigned int flags)
{
    struct evloop *loop = evloop_of(wsi);
    int fd = lws_get_socket_fd(wsi);
    bool is_on = (flags & LWS_EV_START) != 0;

    if (fd < 0 || !evloop_reserve(loop, fd))
        return;
    if (flags & LWS_EV_READ)
        watch_set(loop, &loop->watches[fd].read, fd, EV_READ, is_on);
    if (flags & LWS_EV_WRITE)
        watch_set(loop, &loop->watches[fd].write, fd, EV_WRITE, is_on);
}

static void watch_free(const struct watch *watch)
{
    if (watch->read)
        event_free(watch->read);
    if (watch->write)
        event_free(watch->write);
}

static int on_close(struct lws *wsi)
{
    struct evloop *loop = evloop_of(wsi);
    int fd = lws_get_socket_fd(wsi);

    if (fd < 0 || fd >= loop->watch_count)
        return 0;
    watch_free(&loop->watches[fd]);
    loop->watches[fd] = (struct watch){NULL, NULL};
    return 0;
}

static const struct lws_event_loop_ops operations = {
    .name = "libevent",
    .init_pt = init_thread,
    .io = on_interest,
    .wsi_logical_close = on_close,
    .evlib_size_pt = sizeof(void *),
};

static const lws_plugin_evlib_t plugin = {
    .hdr = {"libevent of commentary-relay", "lws_evlib_plugin", LWS_BUILD_HASH,
            LWS_PLUGIN_API_MAGIC},
    .ops = &operations,
};

struct evloop *evloop_new(struct event_base *base)
{
    struct evloop *loop = calloc(1, sizeof(*loop));

    if (!loop)
        return NULL;
    loop->base = base;
    loop->foreign[0] = loop;
    loop->timeout = event_new(base, -1, 0, on_timeout, NULL);
    if (!loop->timeout) {
        free(loop);
        return NULL;
    }
    return loop;
}

void evloop_prepare(struct evloop *loop, struct lws_context_creation_info *info)
{
    info->event_lib_custom = &plugin;
    info->foreign_loops = loop->foreign;
}

void evloop_attach(struct evloop *loop, struct lws_context *context)
{
    loop->context = context;
}

void evloop_turn(struct evloop *loop, int64_t max_wait_ms)
{
    int wait_ms =
        loop->is_awake ? 0 : lws_service_adjust_timeout(loop->context, (int)max_wait_ms, 0);
    struct timeval wait = {wait_ms / 1000, (wait_ms % 1000) * 1000};

    loop->is_awake = false;
    event_add(loop->timeout, &wait);
    event_base_loop(loop->base, EVLOOP_ONCE);
    /* Serves timers, and what is buffered inside the library, TLS for instance. */
    lws_service_tsi(loop->context, -1, 0);
}

void evloop_wake(struct evloop *loop)
{
    loop->is_awake = true;
}

void evloop_detach(struct evloop *loop, struct lws_context *context)
{
    (void)loop;
    lws_context_destroy(context);
}

void evloop_free(struct evloop *loop)
{
    event_free(loop->timeout);
    /* Of a client connection that failed, the library tells no close. */
    for (int fd = 0; fd < loop->watch_count; fd++)
        watch_free(&loop->watches[fd]);
    free(loop->watches);
    free(loop);
}
