/*
 * Requests of plain HTTP: see PROTOCOL.md. A new peer belongs here until it is upgraded to
 * a WebSocket.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stddef.h>

#include "http/state.h"

struct exchange;
struct peer_ops;

/* What a new peer begins with; peers.context is the http. */
extern const struct peer_ops http_ops;

void http_init(struct http *http, struct hub *hub, const struct http_settings *settings);

/* Before the first peer comes. */
void http_set_peers(struct http *http, struct peers *peers);

/* For requests from now on: only the page, the origins and the interval change. */
void http_change(struct http *http, const struct http_settings *settings);

/* Reads the next requests of a peer: first these bytes, then what else it sends. */
void http_go_on(struct http *http, struct peer *peer, char *bytes, size_t length);

/* Answers a request whose target has been parsed; the answer may come later. */
void http_route(struct exchange *exchange);

/* At the end of each turn: exchanges that have to go on. */
void http_turn_end(struct http *http);

/* All peers must be gone. */
void http_free(struct http *http);

#endif
