/* The server, for its own files: server.c, and connection.c. */
#ifndef SERVER_STATE_H
#define SERVER_STATE_H

#include <libwebsockets.h>

#include "base/wheel.h"
#include "door/caller.h"
#include "http/http.h"
#include "ws/server.h"

struct evloop;
struct grant;
struct hub;

struct server {
    struct evloop *loop;
    struct hub *hub;
    struct server_settings settings;
    struct http http;
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct wheel wheel;
    struct callers callers;
    SSL_CTX *tls;         /* the library's; NULL: without TLS */
    struct lws *arriving; /* whose handshake was accepted last … */
    struct grant *grant;  /* … and with which token; NULL: none, or it has been taken */
    const lws_retry_bo_t no_keepalive; /* its timers cost O(N): ours are in the wheel */
};

#endif
