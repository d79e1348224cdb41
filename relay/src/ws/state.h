/* The state of the server, for the files of this folder. server.h has its functions. */
#ifndef WS_STATE_H
#define WS_STATE_H

#include <stdint.h>

#include "base/buffer.h"
#include "door/clients.h"
#include "http/http.h"
#include "net/network.h"

struct certificate;
struct door;
struct hub;
struct reports;

struct server_settings {
    struct http_settings http;
    const char *origins;                   /* see origin.h; it stays */
    const struct certificate *certificate; /* NULL: without TLS */
    struct reports *reports;               /* where those of edges go */
    bool has_upstream;                     /* it follows another relay: see server_context() */
    const char *edges; /* networks whose relays need no token: see network.h; it stays */
    struct clients_settings clients;
    int64_t messages_per_viewer; /* in a second */
    int64_t ping_interval_ms;
};

struct server {
    struct hub *hub;
    struct server_settings settings;
    struct http http;
    struct door *door;
    struct networks edges; /* read from the settings */
    struct buffer held;    /* what a connection that begins sends: see is_held */
    struct buffer lines;   /* what an edge is told, being made … */
    struct buffer out;     /* … and framed */
};

#endif
