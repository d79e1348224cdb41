/*
 * The server: libwebsockets' callbacks. What they hear goes to the hub, and what
 * the hub sends goes out raw: frames are made once, by the topic, for everybody.
 *
 * Raw writes pass the library's own close handling by. So a viewer leaves its
 * topics before a close begins, from either side, and nothing is sent after.
 */
#include "server.h"

#include <libwebsockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "caller.h"
#include "certificate.h"
#include "clock.h"
#include "evloop.h"
#include "handshake.h"
#include "hub.h"
#include "log.h"
#include "request.h"
#include "stats.h"
#include "tls.h"
#include "viewer.h"
#include "wheel.h"

/* A send must not be cut: it would be copied, and the viewer counted as choked. */
#define SEND_BYTES_MAX 131072
/* What the library reads at once, and keeps for each connection: it is small. */
#define RECEIVE_BYTES 256
#define HANDSHAKE_SECONDS 8
#define CLOSE_PATIENCE_MS 5000
#define WHEEL_TICK_MS 100

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

/* What libwebsockets keeps for each connection. Zeroed when it begins. */
struct connection {
    struct viewer viewer; /* first: the wheel's timer leads back to here */
    struct lws *wsi;
    struct exchange *exchange; /* of plain HTTP; NULL: none */
    struct buffer message;     /* a message that comes in pieces */
    struct bucket messages;    /* how many it may send */
    struct visitor *visitor;   /* its address; NULL: not counted */
    bool is_viewer;            /* between ESTABLISHED and CLOSED */
};

/* ---- the wire of a viewer ---- */

static enum wire_result wire_send(void *wire, const uint8_t *bytes, size_t length)
{
    struct connection *connection = wire;

    if (lws_write(connection->wsi, (unsigned char *)(uintptr_t)bytes, length, LWS_WRITE_RAW) < 0)
        return WIRE_BROKEN;
    return lws_partial_buffered(connection->wsi) ? WIRE_CHOKED : WIRE_SENT;
}

static void wire_want_writable(void *wire)
{
    struct connection *connection = wire;

    lws_callback_on_writable(connection->wsi);
}

/* Libwebsockets 4.1 looks at a new timeout only once something wakes it. */
static void wire_kill(struct lws *wsi)
{
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    lws_cancel_service(lws_get_context(wsi));
}

/*
 * The close frame goes out raw as well, behind whatever is still buffered: one
 * that libwebsockets 4.1 is asked for (lws_close_reason) does not go out at all.
 * A viewer that does not answer it in time is cut off.
 */
static void wire_close(void *wire)
{
    struct connection *connection = wire;
    struct server *server = lws_context_user(lws_get_context(connection->wsi));
    enum close_code code = (enum close_code)connection->viewer.close_code;
    uint8_t frame[FRAME_CONTROL_MAX];
    size_t length = frame_put_close(frame, close_number(code), close_reason(code));

    if (code == CLOSE_LOST || wire_send(wire, frame, length) == WIRE_BROKEN) {
        wire_kill(connection->wsi);
        return;
    }
    wheel_set(&server->wheel, &connection->viewer.timer, CLOSE_PATIENCE_MS);
    lws_rx_flow_control(connection->wsi, 1);
}

static void wire_read(void *wire, bool is_wanted)
{
    struct connection *connection = wire;

    lws_rx_flow_control(connection->wsi, is_wanted ? 1 : 0);
}

static const struct viewer_wire wire_ops = {
    .send = wire_send,
    .want_writable = wire_want_writable,
    .close = wire_close,
    .read = wire_read,
};

/* ---- pings ---- */

/* Libwebsockets 4.1 tells nothing of a pong without content, so that a ping has some. */
static void on_timer(struct wheel_timer *timer, void *context)
{
    static const uint8_t ping[] = {0x80 | FRAME_PING, 1, '?'};
    struct server *server = context;
    struct connection *connection =
        (struct connection *)((char *)timer - offsetof(struct connection, viewer.timer));
    struct viewer *viewer = &connection->viewer;
    const int64_t interval_ms = server->settings.ping_interval_ms;
    const int64_t patience_ms = interval_ms * 3 / 4; /* PROTOCOL.md says so */

    if (viewer->close_code != CLOSE_NONE) {
        wire_kill(connection->wsi);
        return;
    }
    switch ((enum ping_state)viewer->ping) {
    case PING_SENT:
        viewer_close(viewer, CLOSE_TIMEOUT);
        break;
    case PING_ANSWERED:
        viewer->ping = PING_NONE;
        wheel_set(&server->wheel, timer, interval_ms - patience_ms);
        break;
    case PING_NONE:
        viewer->ping = PING_SENT;
        wheel_set(&server->wheel, timer, patience_ms);
        if (!viewer_send(viewer, ping, sizeof(ping)))
            log_debug("a viewer is gone");
        break;
    }
}

void server_turn_end(struct server *server)
{
    wheel_turn(&server->wheel, clock_ms(), on_timer, server);
    http_turn_end(&server->http);
}

/* ---- one connection ---- */

/*
 * What is sent while it is held leaves together when it no longer is: the answer to
 * the handshake and the greeting are one segment, and wake the viewer once.
 */
static void connection_hold(struct lws *wsi, int is_held)
{
    setsockopt(lws_get_socket_fd(wsi), IPPROTO_TCP, TCP_CORK, &is_held, sizeof(is_held));
}

/* A connection has no place for its grant until it is a viewer. */
static struct handshake_refusal server_read_token(struct server *server, struct lws *wsi)
{
    grant_free(server->grant);
    server->arriving = wsi;
    return handshake_read_token(wsi, server->hub->gate.auth, &server->grant);
}

static struct grant *server_take_grant(struct server *server, const struct lws *wsi)
{
    struct grant *grant = server->arriving == wsi ? server->grant : NULL;

    if (grant)
        server->grant = NULL;
    return grant;
}

static int connection_may_upgrade(struct server *server, struct lws *wsi, const char *upgrade)
{
    struct handshake_refusal refusal = handshake_check(wsi, upgrade, server->settings.origins);

    if (!refusal.status && server->hub->leave.is_on)
        refusal = handshake_refuse(503, "the relay is stopping\n", 0);
    if (http_is_private(wsi))
        refusal = handshake_refuse(400, "viewers connect to another port\n", 0);
    if (refusal.status)
        stats_refuse(refusal.status);
    else
        refusal = callers_knock(&server->callers, wsi);
    if (!refusal.status)
        refusal = server_read_token(server, wsi);
    if (refusal.status)
        return http_refuse(&server->http, wsi, &refusal);
    connection_hold(wsi, 1);
    return 0;
}

static void connection_begin(struct server *server, struct connection *connection, struct lws *wsi)
{
    http_end(&connection->exchange);
    connection->wsi = wsi;
    connection->is_viewer = true;
    connection->visitor = callers_enter(&server->callers, wsi);
    viewer_init(&connection->viewer, &wire_ops, connection);
    wheel_set(&server->wheel, &connection->viewer.timer, server->settings.ping_interval_ms);
    gate_admit(server->hub, &connection->viewer, server_take_grant(server, wsi));
    hub_add_viewer(server->hub, &connection->viewer);
    connection_hold(wsi, 0);
}

/* Also for a connection that never became a viewer. */
static void connection_end(struct server *server, struct connection *connection)
{
    http_end(&connection->exchange);
    buffer_free(&connection->message);
    if (!connection->is_viewer)
        return;
    connection->is_viewer = false;
    callers_leave(&server->callers, connection->visitor);
    wheel_unset(&connection->viewer.timer);
    hub_remove_viewer(server->hub, &connection->viewer);
}

/* A piece without a byte counts as well: there is no other end to them. */
static bool connection_may_speak(struct server *server, struct connection *connection,
                                 size_t length)
{
    int64_t per_s = server->settings.messages_per_viewer;

    return (length > 0 && !lws_is_first_fragment(connection->wsi)) ||
           bucket_take(&connection->messages, clock_ms(), per_s, per_s + VIEWER_TOPICS_MAX);
}

/* A message may come in pieces; one that comes whole is not copied. */
static void connection_receive(struct server *server, struct connection *connection,
                               const char *bytes, size_t length)
{
    struct lws *wsi = connection->wsi;
    struct buffer *message = &connection->message;
    bool is_last = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;

    if (connection->viewer.close_code != CLOSE_NONE)
        return;
    if (!connection_may_speak(server, connection, length)) {
        viewer_close(&connection->viewer, CLOSE_TOO_MANY);
        return;
    }
    if (lws_frame_is_binary(wsi)) {
        viewer_close(&connection->viewer, CLOSE_UNSUPPORTED);
        return;
    }
    if (message->length + length + lws_remaining_packet_payload(wsi) > REQUEST_BYTES_MAX) {
        viewer_close(&connection->viewer, CLOSE_TOO_LARGE);
        return;
    }
    if (is_last && message->length == 0) {
        hub_hear(server->hub, &connection->viewer, bytes, length);
        return;
    }
    buffer_add(message, bytes, length);
    if (message->is_broken)
        viewer_close(&connection->viewer, CLOSE_TOO_MANY);
    else if (is_last)
        hub_hear(server->hub, &connection->viewer, (const char *)message->bytes, message->length);
    if (is_last || message->is_broken)
        buffer_free(message);
}

/*
 * Returns what the library must: -1, and it answers nothing, if this is the answer or
 * we have said what is wrong with it. The library would send back whatever it got.
 */
static int connection_peer_closes(struct connection *connection, const uint8_t *payload,
                                  size_t length)
{
    struct viewer *viewer = &connection->viewer;

    viewer_leave_all(viewer);
    if (!frame_close_is_right(payload, length))
        viewer_close(viewer, CLOSE_PROTOCOL_ERROR);
    return viewer->close_code == CLOSE_NONE ? 0 : -1;
}

/* ---- TLS ---- */

/* The library has made the context; all that is in it is ours. */
static bool server_begin_tls(struct server *server, SSL_CTX *tls)
{
    server->tls = tls;
    return tls_set_rules(tls) && certificate_use(server->settings.certificate, tls);
}

/* ---- the callback ---- */

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

void server_free(struct server *server)
{
    if (server->context)
        evloop_detach(server->loop, server->context);
    http_free(&server->http);
    callers_free(&server->callers);
    grant_free(server->grant);
    free(server);
}
