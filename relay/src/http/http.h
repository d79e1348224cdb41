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

/* The operations of a new peer; its peers.context is the struct http. */
extern const struct peer_ops http_ops;

void http_init(struct http *http, struct hub *hub, const struct http_settings *settings);

/* Call it before the first peer comes. */
void http_set_peers(struct http *http, struct peers *peers);

/*
 * Changes settings for requests from now on: the folder of the page, the origins, the images and
 * the ping interval; all others stay.
 */
void http_change(struct http *http, const struct http_settings *settings);

/* Reads the next requests of a peer: first these bytes, then further bytes from the peer. */
void http_go_on(struct http *http, struct peer *peer, char *bytes, size_t length);

/* Answers a request whose target has been parsed; the answer may come later. */
void http_route(struct exchange *exchange);

/* Call it at the end of each turn: continues the exchanges that have to go on. */
void http_turn_end(struct http *http);

/* All peers must be gone. */
void http_free(struct http *http);

#endif
