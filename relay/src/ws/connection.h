/*
 * A connection: a peer as a viewer, from its handshake on. It sends the frames of the hub as
 * they are, because a topic frames each entry once for all viewers. frames.h takes apart what
 * the viewer sends.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "door/refusal.h"

struct head;
struct peer;

/*
 * Upgrades a request to a WebSocket; the context is the server. After that the peer belongs
 * to a viewer. Or returns the refusal.
 */
struct refusal connection_upgrade(struct peer *peer, const struct head *head, void *context);

#endif
