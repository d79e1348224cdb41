/*
 * The server: the door, the requests of HTTP, and the viewers of the hub.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "door/listener.h"
#include "ws/state.h"

struct evloop;
struct lws_context;

/* NULL: libwebsockets could not start; it has logged why. */
struct server *server_new(struct evloop *loop, struct hub *hub,
                          const struct server_settings *settings);

/*
 * For viewers that come from now on; connections that are open keep their certificate.
 * TLS cannot be switched on or off. False: memory ran out, and either the proxies or the
 * certificate stays as it was.
 */
bool server_change(struct server *server, const struct server_settings *settings) MUST_CHECK;

/* Of libwebsockets, for a source that is its client. */
struct lws_context *server_context(struct server *server);

/* Of the listener for viewers, and of the one for operators; their context is the server. */
extern const struct listener_ops server_listener_ops;
extern const struct listener_ops server_metrics_listener_ops;

/* The same for a feeder's listener, for its workers: it refuses processes of other users. */
extern const struct listener_ops server_local_listener_ops;

/* At the end of each turn: answers that have become possible, deadlines, and ends. */
void server_turn_end(struct server *server);

/* No request is under way, and none is about to come from a client that has asked nothing yet. */
bool server_is_quiet(const struct server *server) MUST_CHECK;

/* A request is under way, or about to come. Idle connections and viewers do not count. */
bool server_is_asked(const struct server *server) MUST_CHECK;

/* Closes what is left. */
void server_free(struct server *server);

#endif
