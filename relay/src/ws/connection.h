/*
 * A connection: a peer as a viewer, from its handshake on. What the hub sends goes out as
 * it is, for frames are made once, by the topic, for everybody; what the viewer says is
 * taken apart by frames.h.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "door/refusal.h"

struct head;
struct peer;

/*
 * A request wants to be upgraded; the context is the server. It is let in, and the peer
 * is a viewer's from there on, or it is refused.
 */
struct refusal connection_upgrade(struct peer *peer, const struct head *head, void *context);

#endif
