/*
 * libwebsockets inside a libevent loop. There are two ways, one for each
 * generation of the library, and the Makefile picks one:
 *
 *     evloop_uv.c       4.1 (Debian 12): its libuv plugin, nested as one descriptor
 *     evloop_custom.c   4.3 and later: its public event_lib_custom operations
 *
 * One thread; everything is called from it.
 */
#ifndef EVLOOP_H
#define EVLOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct event_base;
struct lws_context;
struct lws_context_creation_info;
struct evloop;

/* NULL: memory or descriptors ran out. The caller keeps the base. */
struct evloop *evloop_new(struct event_base *base);

/* Fills in the members by which lws_create_context() uses this loop. */
void evloop_prepare(struct evloop *loop, struct lws_context_creation_info *info);

/* The context that was made with it. */
void evloop_attach(struct evloop *loop, struct lws_context *context);

/*
 * One turn: waits for events, at most max_wait_ms, and dispatches them. The work that
 * callbacks have put off must be done before the next turn, because that may wait.
 */
void evloop_turn(struct evloop *loop, int64_t max_wait_ms);

/* Call it in each callback of libwebsockets, so that the turn ends and its work is done. */
void evloop_wake(struct evloop *loop);

/* Destroys the context: its last callbacks come from in here. */
void evloop_detach(struct evloop *loop, struct lws_context *context);

/* After the context is detached. */
void evloop_free(struct evloop *loop);

#endif
