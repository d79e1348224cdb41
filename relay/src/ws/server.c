/* The server: its parts, and how they are connected. */
#include "ws/server.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "door/door.h"
#include "hub/hub.h"
#include "net/local.h"
#include "ws/connection.h"
#include "ws/handshake.h"
#include "ws/state.h"

static struct door_settings door_settings_of(struct server *server)
{
    return (struct door_settings){
        .certificate = server->settings.certificate,
        .has_tls_client = server->settings.has_upstream,
        .clients = server->settings.clients,
        .ops = &http_ops,
        .context = &server->http,
    };
}

struct server *server_new(struct evloop *loop, struct hub *hub,
                          const struct server_settings *settings)
{
    struct server *server = calloc(1, sizeof(*server));
    struct http_settings http_settings = settings->http;
    struct door_settings door_settings;

    if (!server)
        return NULL;
    server->hub = hub;
    server->settings = *settings;
    http_settings.loop = loop;
    http_settings.upgrade = connection_upgrade;
    http_settings.context = server;
    http_init(&server->http, hub, &http_settings);
    door_settings = door_settings_of(server);
    server->door = handshake_begin() && networks_read(&server->edges, settings->edges)
                       ? door_new(loop, &door_settings)
                       : NULL;
    if (!server->door) {
        server_free(server);
        return NULL;
    }
    http_set_peers(&server->http, door_peers(server->door));
    return server;
}

bool server_change(struct server *server, const struct server_settings *settings)
{
    const struct server_settings before = server->settings;
    struct door_settings door_settings;

    server->settings = *settings;
    server->settings.http.source = before.http.source; /* what is no option stays */
    server->settings.reports = before.reports;
    http_change(&server->http, &settings->http);
    networks_free(&server->edges);
    door_settings = door_settings_of(server);
    return networks_read(&server->edges, settings->edges) &&
           door_change(server->door, &door_settings);
}

struct lws_context *server_context(struct server *server)
{
    return door_context(server->door);
}

static void accept_viewer(int fd, const struct in6_addr *address, void *context)
{
    struct server *server = context;

    door_accept(server->door, fd, address);
}

static void accept_operator(int fd, const struct in6_addr *address, void *context)
{
    struct server *server = context;

    (void)address;
    door_accept_private(server->door, fd);
}

static void accept_worker(int fd, const struct in6_addr *address, void *context)
{
    struct server *server = context;

    (void)address;
    if (local_is_ours(fd)) {
        door_accept_local(server->door, fd);
        return;
    }
    log_warn("another user's process has connected to the feeder: closing it",
             LOG_TEXT("hint", "find out who looks through abstract sockets on this machine"));
    close(fd);
}

static bool make_room(void *context)
{
    struct server *server = context;

    return peers_make_room(door_peers(server->door));
}

const struct listener_ops server_listener_ops = {accept_viewer, make_room};
const struct listener_ops server_local_listener_ops = {accept_worker, make_room};
const struct listener_ops server_metrics_listener_ops = {accept_operator, make_room};

void server_turn_end(struct server *server)
{
    http_turn_end(&server->http);
    peers_turn_end(door_peers(server->door));
}

bool server_is_quiet(const struct server *server)
{
    return peers_are_quiet(door_peers(server->door));
}

bool server_is_asked(const struct server *server)
{
    return peers_are_asking(door_peers(server->door));
}

void server_free(struct server *server)
{
    if (server->door)
        door_free(server->door);
    http_free(&server->http);
    networks_free(&server->edges);
    buffer_free(&server->held);
    buffer_free(&server->lines);
    buffer_free(&server->out);
    free(server);
}
