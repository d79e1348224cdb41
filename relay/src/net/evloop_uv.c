/*
 * libwebsockets 4.1 through its libuv plugin: libuv's own epoll descriptor is
 * one event of libevent's.
 *
 * libuv registers a changed interest only when it runs, so it runs before each
 * wait as well: otherwise a viewer that has become choked would wait for the
 * next viewer's message.
 */
#include "net/evloop.h"

#include <event2/event.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <uv.h>

struct evloop {
    struct event_base *base;
    uv_loop_t uv;
    struct event *uv_ready; /* libuv has something to dispatch */
    struct event *timeout;  /* ends the wait */
    void *foreign[1];
    bool is_awake;
};

static void on_nothing(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)context;
}

struct evloop *evloop_new(struct event_base *base)
{
    struct evloop *loop = calloc(1, sizeof(*loop));

    if (!loop)
        return NULL;
    if (uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return NULL;
    }
    loop->base = base;
    loop->foreign[0] = &loop->uv;
    loop->timeout = event_new(base, -1, 0, on_nothing, NULL);
    loop->uv_ready =
        event_new(base, uv_backend_fd(&loop->uv), EV_READ | EV_PERSIST, on_nothing, NULL);
    if (!loop->timeout || !loop->uv_ready || event_add(loop->uv_ready, NULL) != 0) {
        evloop_free(loop);
        return NULL;
    }
    return loop;
}

void evloop_prepare(struct evloop *loop, struct lws_context_creation_info *info)
{
    info->options |= LWS_SERVER_OPTION_LIBUV;
    info->foreign_loops = loop->foreign;
}

void evloop_attach(struct evloop *loop, struct lws_context *context)
{
    (void)loop;
    (void)context;
}

static int64_t evloop_wait_ms(struct evloop *loop, int64_t max_wait_ms)
{
    int uv_ms;

    if (loop->is_awake)
        return 0;
    uv_update_time(&loop->uv);
    uv_ms = uv_backend_timeout(&loop->uv);
    return uv_ms < 0 || uv_ms > max_wait_ms ? max_wait_ms : uv_ms;
}

void evloop_turn(struct evloop *loop, int64_t max_wait_ms)
{
    struct timeval wait;
    int64_t wait_ms;

    loop->is_awake = false;
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    wait_ms = evloop_wait_ms(loop, max_wait_ms);
    wait = (struct timeval){wait_ms / 1000, (wait_ms % 1000) * 1000};
    event_add(loop->timeout, &wait);
    event_base_loop(loop->base, EVLOOP_ONCE);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
}

void evloop_wake(struct evloop *loop)
{
    loop->is_awake = true;
}

/* The library closes its handles in callbacks: give them their turn. */
static void evloop_drain(struct evloop *loop)
{
    for (int i = 0; i < 100 && uv_run(&loop->uv, UV_RUN_NOWAIT) != 0; i++)
        continue;
}

/* It takes two calls: the second frees what the handles' callbacks still needed. */
void evloop_detach(struct evloop *loop, struct lws_context *context)
{
    lws_context_destroy(context);
    evloop_drain(loop);
    lws_context_destroy(context);
}

void evloop_free(struct evloop *loop)
{
    if (loop->uv_ready)
        event_free(loop->uv_ready);
    if (loop->timeout)
        event_free(loop->timeout);
    uv_loop_close(&loop->uv);
    free(loop);
}
