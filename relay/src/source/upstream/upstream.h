/*
 * The upstream: a source that is another relay, over a WebSocket (link.h). A relay with this
 * source is an edge: it hears the same entries, with the same epoch and seq, and may have
 * edges of its own.
 *
 *     down -> connecting -> catching up -> live
 *      ^___________|____________|___________|      whatever goes wrong: the next upstream
 *
 * An upstream that has lost its own source says so, and the edge is down until it is back. A
 * head that is lower than ours is late, not rewritten: we wait.
 *
 * Bounds. One question at a time. What is to be sent waits in a queue of UPSTREAM_QUEUE_BYTES;
 * an upstream that takes less is left. A message is LINK_TOLD_BYTES_MAX at most, and each is
 * used as it comes, so an upstream that floods is slowed down by TCP. Whatever is no message
 * of the protocol ends the connection; it is tried again after a pause that grows.
 */
#ifndef UPSTREAM_H
#define UPSTREAM_H

#include <stdbool.h>

#include "base/attr.h"
#include "source/upstream/upstream_settings.h"

struct event_base;
struct evloop;
struct hub;
struct lws_context;
struct source;

/* NULL: memory ran out. */
struct source *upstream_new(struct event_base *base, struct evloop *loop, struct hub *hub,
                            const struct upstream_settings *settings);

/* Before it starts, once libwebsockets is there. False: it cannot; libwebsockets says why. */
bool upstream_attach(struct source *source, struct lws_context *context) MUST_CHECK;

/* Before libwebsockets goes: the connection ends. */
void upstream_detach(struct source *source);

#endif
