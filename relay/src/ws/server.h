/*
 * The server: the connections of libwebsockets as viewers of the hub.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "door/caller.h"
#include "http/http.h"

struct certificate;
struct evloop;
struct hub;
struct server;

struct server_settings {
    struct http_settings http;
    const char *origins;                   /* see origin.h; it stays */
    const struct certificate *certificate; /* NULL: without TLS */
    struct callers_settings callers;
    int64_t messages_per_viewer; /* in a second */
    int64_t ping_interval_ms;
};

/* NULL: libwebsockets could not start; it has logged why. */
struct server *server_new(struct evloop *loop, struct hub *hub,
                          const struct server_settings *settings);

/*
 * For viewers who come from now on; those who are there keep their certificate. There
 * is one, or none, as before. False: memory ran out, and one of the two that need
 * some, proxies and certificate, stays as it was.
 */
bool server_change(struct server *server, const struct server_settings *settings) MUST_CHECK;

/* A listener_accept: takes over a connected socket. */
void server_accept(int fd, void *server);

/* A listener_accept, on the port that has /metrics and nothing for viewers. */
void server_accept_metrics(int fd, void *server);

/* At the end of each turn: pings, and the end of those that do not answer. */
void server_turn_end(struct server *server);

/* Closes what is left. */
void server_free(struct server *server);

#endif
