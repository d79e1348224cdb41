/*
 * The door: libwebsockets as the transport. It takes over accepted sockets in its raw role, which
 * does sockets, TLS, and the rest of partial writes, but no HTTP and no WebSocket. The folders
 * above use peers (peer.h).
 */
#ifndef DOOR_H
#define DOOR_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/attr.h"
#include "door/clients.h"
#include "door/peer.h"

struct certificate;
struct door;
struct lws_context;

struct door_settings {
    const struct certificate *certificate; /* NULL: without TLS */
    struct clients_settings clients;
    bool has_tls_client;        /* connections are made from here as well: see door_context() */
    const struct peer_ops *ops; /* of a new peer, whose owner is NULL then */
    void *context;              /* for these functions: see peers.context */
};

/* NULL: libwebsockets could not start; it has logged why. */
struct door *door_new(struct evloop *loop, const struct door_settings *settings);

/*
 * For clients that come from now on; connections that are open keep their certificate.
 * TLS cannot be switched on or off. False: memory ran out, and either the proxies or the
 * certificate stays as it was.
 */
bool door_change(struct door *door, const struct door_settings *settings) MUST_CHECK;

struct peers *door_peers(struct door *door);
struct clients *door_clients(struct door *door);

/* For a client of libwebsockets that shares the loop, in a vhost of its own. */
struct lws_context *door_context(struct door *door);

/* Takes over a connected socket. */
void door_accept(struct door *door, int fd, const struct in6_addr *address);

/* The same of the port for operators: without TLS, and not counted. */
void door_accept_private(struct door *door, int fd);

/* The same of a worker, which connects to its feeder: see net/local.h. */
void door_accept_local(struct door *door, int fd);

/* Closes what is left. */
void door_free(struct door *door);

#endif
