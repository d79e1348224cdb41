/* The door: libwebsockets' context, its callbacks, and its log. */
#include "door/door.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "net/certificate.h"
#include "net/evloop.h"
#include "net/tls.h"

/* More than any write of ours, which has PEER_PIECE_BYTES. */
#define SEND_BYTES_MAX 131072
/* What is read at once, into a buffer that all connections share. */
#define RECEIVE_BYTES 8192
#define TLS_HANDSHAKE_SECONDS (PEER_HEAD_MS / 1000)

struct door {
    struct evloop *loop;
    struct door_settings settings;
    struct lws_context *context;
    struct lws_vhost *vhost;
    SSL_CTX *tls; /* the library's; NULL: without TLS */
    struct clients clients;
    struct peers peers;
    const lws_retry_bo_t no_keepalive; /* its timers cost O(N): ours are in a wheel */
};

/* ---- callbacks ---- */

/* The library has made the context of TLS; all that is in it is ours. */
static bool begin_tls(struct door *door, SSL_CTX *tls)
{
    door->tls = tls;
    return tls_set_rules(tls) && certificate_use(door->settings.certificate, tls);
}

static void let_go(struct lws *wsi, struct peer *peer)
{
    lws_set_opaque_user_data(wsi, NULL);
    peer_gone(peer);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t length)
{
    struct door *door = lws_context_user(lws_get_context(wsi));
    struct peer *peer;

    if (!door)
        return 0; /* the context is still being made */
    if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS)
        return begin_tls(door, user) ? 0 : -1;
    peer = lws_get_opaque_user_data(wsi);
    if (!peer)
        return 0;
    evloop_wake(door->loop);
    switch (reason) {
    case LWS_CALLBACK_RAW_RX:
        peer_hear(peer, in, length);
        return 0;
    case LWS_CALLBACK_RAW_WRITEABLE:
        peer_writable(peer);
        return 0;
    case LWS_CALLBACK_RAW_CLOSE:
    case LWS_CALLBACK_WSI_DESTROY:
        let_go(wsi, peer);
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {"raw", on_event, 0, 0, 0, NULL, SEND_BYTES_MAX},
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

/* ---- accepting ---- */

static bool adopt(struct door *door, int fd, struct peer *peer)
{
    const lws_adopt_desc_t socket = {
        .vh = door->vhost,
        .type = LWS_ADOPT_SOCKET | (peer->is_secure ? LWS_ADOPT_ALLOW_SSL : 0),
        .fd = {.sockfd = fd},
        .opaque = peer,
    };
    struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&socket);

    if (wsi)
        peer_begin(peer, wsi);
    return wsi != NULL;
}

enum origin { FROM_VIEWER, FROM_OPERATOR, FROM_WORKER };

static void take(struct door *door, int fd, const struct in6_addr *address, enum origin origin)
{
    struct peer *peer = peer_new(&door->peers, address, door->settings.ops, NULL);

    evloop_wake(door->loop);
    if (!peer) {
        close(fd);
        return;
    }
    peer->is_private = origin == FROM_OPERATOR;
    peer->is_local = origin == FROM_WORKER;
    peer->is_secure = door->tls && origin == FROM_VIEWER;
    if (adopt(door, fd, peer))
        return;
    log_debug("a connection was not taken"); /* the library has closed it */
    peer_free(peer);
}

void door_accept(struct door *door, int fd, const struct in6_addr *address)
{
    take(door, fd, address, FROM_VIEWER);
}

void door_accept_private(struct door *door, int fd)
{
    take(door, fd, NULL, FROM_OPERATOR);
}

void door_accept_local(struct door *door, int fd)
{
    take(door, fd, NULL, FROM_WORKER);
}

/* ---- the door ---- */

/* The library makes its context of TLS for clients too, which is large, so not without need. */
static struct lws_context_creation_info describe(struct door *door, bool is_of_vhost)
{
    struct lws_context_creation_info info;

    memset(&info, 0, sizeof(info));
    info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info.protocols = protocols;
    info.user = door;
    info.gid = (gid_t)-1;
    info.uid = (uid_t)-1;
    info.pt_serv_buf_size = RECEIVE_BYTES + LWS_PRE;
    info.timeout_secs = TLS_HANDSHAKE_SECONDS;
    info.retry_and_idle_policy = &door->no_keepalive;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    if (door->settings.has_tls_client && !is_of_vhost)
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    if (door->settings.certificate) {
        info.options |=
            LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
        info.alpn = "http/1.1"; /* or browsers would agree on HTTP/2, which is not what we write */
    }
    return info;
}

static bool open_context(struct door *door)
{
    struct lws_context_creation_info info = describe(door, false), vhost = describe(door, true);

    lws_set_log_level(LLL_ERR | LLL_WARN, on_library_log_at_start);
    evloop_prepare(door->loop, &info);
    door->context = lws_create_context(&info);
    if (!door->context)
        return false;
    evloop_attach(door->loop, door->context);
    door->vhost = lws_create_vhost(door->context, &vhost);
    lws_set_log_level(LLL_ERR | LLL_WARN, on_library_log);
    return door->vhost != NULL;
}

struct door *door_new(struct evloop *loop, const struct door_settings *settings)
{
    struct door *door = calloc(1, sizeof(*door));

    if (!door)
        return NULL;
    door->loop = loop;
    door->settings = *settings;
    peers_init(&door->peers, loop, &door->clients);
    door->peers.context = settings->context;
    if (clients_init(&door->clients, &settings->clients) && open_context(door))
        return door;
    door_free(door);
    return NULL;
}

bool door_change(struct door *door, const struct door_settings *settings)
{
    door->settings = *settings;
    return clients_change(&door->clients, &settings->clients) &&
           (!door->tls || certificate_use(settings->certificate, door->tls));
}

struct lws_context *door_context(struct door *door)
{
    return door->context;
}

struct peers *door_peers(struct door *door)
{
    return &door->peers;
}

struct clients *door_clients(struct door *door)
{
    return &door->clients;
}

void door_free(struct door *door)
{
    if (door->context)
        evloop_detach(door->loop, door->context);
    clients_free(&door->clients);
    free(door);
}
