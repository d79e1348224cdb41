/* The server, for its own files: server.c, and connection.c. */
#ifndef SERVER_STATE_H
#define SERVER_STATE_H

#include "base/buffer.h"
#include "http/http.h"
#include "ws/server.h"

struct door;
struct hub;

struct server {
    struct hub *hub;
    struct server_settings settings;
    struct http http;
    struct door *door;
    struct buffer held; /* what a connection that begins sends: see is_held */
};

#endif
