/*
 * The server: libwebsockets' callbacks. What they hear goes to the hub, or is answered
 * as plain HTTP.
 */
#include "ws/server.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wheel.h"
#include "door/caller.h"
#include "hub/hub.h"
#include "net/certificate.h"
#include "net/evloop.h"
#include "net/tls.h"
#include "ws/connection.h"
#include "ws/server_state.h"

/* A send must not be cut: it would be copied, and the viewer counted as choked. */
#define SEND_BYTES_MAX 131072
/* What the library reads at once, and keeps for each connection: it is small. */
#define RECEIVE_BYTES 256
#define HANDSHAKE_SECONDS 8
#define WHEEL_TICK_MS 100

/* ---- the callback ---- */

/* The library has made the context; all that is in it is ours. */
static bool server_begin_tls(struct server *server, SSL_CTX *tls)
{
    server->tls = tls;
    return tls_set_rules(tls) && certificate_use(server->settings.certificate, tls);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t length)
{
    struct server *server = lws_context_user(lws_get_context(wsi));
    struct connection *connection = user;

    if (!server)
        return 0; /* the context is still being made */
    evloop_wake(server->loop);
    switch (reason) {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        return server_begin_tls(server, user) ? 0 : -1;
    case LWS_CALLBACK_FILTER_HTTP_CONNECTION:
        return http_filter(&server->http, wsi);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return connection_may_upgrade(server, wsi, in);
    case LWS_CALLBACK_ESTABLISHED:
        connection_begin(server, connection, wsi);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        connection_receive(server, connection, in, length);
        return 0;
    case LWS_CALLBACK_RECEIVE_PONG:
        if (connection->viewer.ping == PING_SENT) /* others are unsolicited */
            connection->viewer.ping = PING_ANSWERED;
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        hub_writable(server->hub, &connection->viewer);
        return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return connection_peer_closes(connection, in, length);
    case LWS_CALLBACK_HTTP:
        return http_begin(&server->http, &connection->exchange, wsi, in);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return http_go_on(&server->http, &connection->exchange, wsi);
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL: /* what the library keeps for us is freed after it */
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_WSI_DESTROY:
        if (connection)
            connection_end(server, connection);
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {PROTOCOL_NAME, on_event, sizeof(struct connection), RECEIVE_BYTES, 0, NULL, SEND_BYTES_MAX},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

/* ---- the library's log ---- */

static void library_log(enum log_level level, const char *line)
{
    char text[256];

    snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\n"), line);
    log_at(level, "libwebsockets", LOG_TEXT("said", text));
}

static void on_library_log_at_start(int level, const char *line)
{
    library_log(level & LLL_ERR ? LOG_ERROR : LOG_DEBUG, line);
}

/* Once it runs, what the library calls an error is a client's: that may not fill our log. */
static void on_library_log(int level, const char *line)
{
    (void)level;
    library_log(LOG_DEBUG, line);
}

/* ---- the server ---- */

static struct lws_context_creation_info server_describe(struct server *server)
{
    struct lws_context_creation_info info;

    memset(&info, 0, sizeof(info));
    info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info.protocols = protocols;
    info.user = server;
    info.gid = (gid_t)-1;
    info.uid = (uid_t)-1;
    info.pt_serv_buf_size = 8192;
    info.timeout_secs = HANDSHAKE_SECONDS;
    info.keepalive_timeout = HANDSHAKE_SECONDS;
    info.retry_and_idle_policy = &server->no_keepalive;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_VALIDATE_UTF8;
    if (server->settings.certificate) {
        info.options |=
            LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
        info.alpn = "http/1.1"; /* or browsers would agree on HTTP/2, which is not what we write */
    }
    return info;
}

struct server *server_new(struct evloop *loop, struct hub *hub,
                          const struct server_settings *settings)
{
    struct server *server = calloc(1, sizeof(*server));
    struct lws_context_creation_info info;

    if (!server)
        return NULL;
    server->loop = loop;
    server->hub = hub;
    server->settings = *settings;
    wheel_init(&server->wheel, clock_ms(), WHEEL_TICK_MS);
    http_init(&server->http, hub, &server->callers, &settings->http);
    if (!callers_init(&server->callers, &settings->callers)) {
        server_free(server);
        return NULL;
    }
    lws_set_log_level(LLL_ERR | LLL_WARN, on_library_log_at_start);
    info = server_describe(server);
    evloop_prepare(loop, &info);
    server->context = lws_create_context(&info);
    if (server->context) {
        evloop_attach(loop, server->context);
        server->vhost = lws_create_vhost(server->context, &info);
    }
    if (!server->vhost) {
        server_free(server);
        return NULL;
    }
    lws_set_log_level(LLL_ERR | LLL_WARN, on_library_log);
    return server;
}

bool server_change(struct server *server, const struct server_settings *settings)
{
    const struct certificate *certificate = settings->certificate;

    server->settings = *settings;
    http_change(&server->http, &settings->http);
    return callers_change(&server->callers, &settings->callers) &&
           (!server->tls || certificate_use(certificate, server->tls));
}

static struct lws *server_adopt(struct server *server, int fd, int tls)
{
    const lws_sock_file_fd_type accepted = {.sockfd = fd};
    struct lws *wsi;

    evloop_wake(server->loop);
    wsi = lws_adopt_descriptor_vhost(server->vhost, LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | tls,
                                     accepted, NULL, NULL);
    if (!wsi)
        log_debug("a connection was not taken"); /* the library has closed it */
    return wsi;
}

void server_accept(int fd, void *context)
{
    server_adopt(context, fd, LWS_ADOPT_ALLOW_SSL);
}

/* A vhost of its own would not do: the library chooses another by the Host that is asked for. */
void server_accept_metrics(int fd, void *context)
{
    struct lws *wsi = server_adopt(context, fd, 0);

    if (wsi)
        http_set_private(wsi);
}

void server_turn_end(struct server *server)
{
    wheel_turn(&server->wheel, clock_ms(), connection_on_timer, server);
    http_turn_end(&server->http);
}

void server_free(struct server *server)
{
    if (server->context)
        evloop_detach(server->loop, server->context);
    http_free(&server->http);
    callers_free(&server->callers);
    grant_free(server->grant);
    free(server);
}
