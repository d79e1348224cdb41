/*
 * Edges: relays that follow this one, over a WebSocket with the subprotocol commentary.relay.1.
 */
#ifndef EDGE_H
#define EDGE_H

#include <stdbool.h>

#include "base/attr.h"
#include "door/refusal.h"

struct head;
struct peer;
struct server;

/* Whether this handshake asks for the subprotocol of edges. */
bool edge_is_meant(const struct head *head) MUST_CHECK;

/*
 * Upgrades a request that is a right handshake. An edge needs a token with the claim `edge`
 * for every match, or an address of --edges; limits of viewers are not applied to it.
 */
struct refusal edge_upgrade(struct peer *peer, const struct head *head, struct server *server);

#endif
