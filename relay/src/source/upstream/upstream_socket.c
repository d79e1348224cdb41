/*
 * The connection to an upstream: a client of libwebsockets, in the context of the door. Its
 * callbacks come from the loop; each leads to the upstream by the connection's own pointer,
 * which is taken away when the upstream has left it.
 */
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/evloop.h"
#include "net/local.h"
#include "net/tls.h"
#include "source/upstream/upstream.h"
#include "source/upstream/upstream_state.h"

#define RECEIVE_BYTES 16384
#define BEARER "Bearer "

static const lws_retry_bo_t no_keepalive; /* the upstream's tick does that */

/* ---- what comes in ---- */

static void take(struct upstream *upstream, struct lws *wsi, const void *bytes, size_t length)
{
    struct buffer *heard = &upstream->heard;

    upstream->source.heard_ms = clock_ms();
    if (lws_frame_is_binary(wsi) || heard->length + length > LINK_TOLD_BYTES_MAX) {
        upstream_lost(upstream, "the upstream sends what is no message of " LINK_PROTOCOL,
                      "is one of the two relays of another version?");
        return;
    }
    buffer_add(heard, bytes, length);
    if (!lws_is_final_fragment(wsi))
        return;
    buffer_add(heard, "", 1); /* a notice is a text that ends */
    if (heard->is_broken)
        upstream_lost(upstream, "out of memory", "give the relay more");
    else
        upstream_hear(upstream, (struct span){heard->bytes, heard->length - 1});
    buffer_clear(heard);
}

/* ---- what goes out ---- */

static void forget_queue(struct upstream *upstream)
{
    struct upstream_message *message;

    while ((message = STAILQ_FIRST(&upstream->queue))) {
        STAILQ_REMOVE_HEAD(&upstream->queue, link);
        free(message);
    }
    upstream->queue_bytes = 0;
}

static int send_ping(struct upstream *upstream, struct lws *wsi)
{
    uint8_t ping[LWS_PRE + 1] = {0};

    upstream->must_ping = false;
    return lws_write(wsi, ping + LWS_PRE, 0, LWS_WRITE_PING);
}

/* One write for each callback, as libwebsockets wants it. */
static int send_next(struct upstream *upstream, struct lws *wsi)
{
    struct upstream_message *message = STAILQ_FIRST(&upstream->queue);
    int sent = 0;

    if (upstream->must_ping) {
        sent = send_ping(upstream, wsi);
    } else if (message) {
        sent = lws_write(wsi, message->bytes + LWS_PRE, message->length, LWS_WRITE_TEXT);
        STAILQ_REMOVE_HEAD(&upstream->queue, link);
        upstream->queue_bytes -= message->length;
        free(message);
    }
    if (!STAILQ_EMPTY(&upstream->queue))
        lws_callback_on_writable(wsi);
    return sent < 0 ? -1 : 0;
}

bool upstream_say(struct upstream *upstream, struct buffer *text)
{
    struct upstream_message *message = NULL;

    if (upstream->wsi && !text->is_broken &&
        upstream->queue_bytes + text->length <= UPSTREAM_QUEUE_BYTES)
        message = malloc(sizeof(*message) + LWS_PRE + text->length);
    if (!message)
        return false;
    message->length = text->length;
    memcpy(message->bytes + LWS_PRE, text->bytes, text->length);
    STAILQ_INSERT_TAIL(&upstream->queue, message, link);
    upstream->queue_bytes += message->length;
    lws_callback_on_writable(upstream->wsi);
    return true;
}

void upstream_ping(struct upstream *upstream)
{
    upstream->must_ping = true;
    if (upstream->wsi)
        lws_callback_on_writable(upstream->wsi);
}

/* ---- the handshake ---- */

/*
 * The feeder's socket has a name and no owner: once no process of ours holds it, another user's
 * may take the name. It is asked who listens before anything is said to it.
 */
static bool is_feeder(const struct upstream *upstream, struct lws *wsi)
{
    if (!*upstream->settings.local || local_is_ours(lws_get_socket_fd(wsi)))
        return true;
    log_warn("another user's process listens in the place of the feeder: not following it",
             LOG_TEXT("hint", "find out whose it is, and restart the relay: its feeder is gone"));
    return false;
}

static int add_token(struct upstream *upstream, struct lws *wsi, unsigned char **at, size_t room)
{
    char value[sizeof(BEARER) + UPSTREAM_TOKEN_BYTES];
    int length;

    if (!*upstream->settings.token_file)
        return 0;
    length = snprintf(value, sizeof(value), BEARER "%s", upstream->token);
    return lws_add_http_header_by_name(wsi, (const unsigned char *)"authorization:",
                                       (const unsigned char *)value, length, at, *at + room);
}

static void failed(struct upstream *upstream, struct lws *wsi, const char *said)
{
    unsigned status = lws_http_client_http_response(wsi);
    char reason[160];

    if (status == 401 || status == 403) {
        upstream_lost(upstream, "the upstream does not let this relay follow it",
                      "it wants a token with the claim edge for all matches (--upstream-token), or "
                      "this address among its --edges");
        return;
    }
    snprintf(reason, sizeof(reason), "cannot connect to the upstream: %.100s",
             said ? said : "no reason told");
    upstream_lost(upstream, reason,
                  "is it a relay, and is its certificate one that --upstream-ca trusts?");
}

/* Within upstream_open() it is told by that. */
static void on_failed(struct upstream *upstream, struct lws *wsi, const char *said, size_t length)
{
    char text[120];

    snprintf(text, sizeof(text), "%.*s", said ? (int)length : 0, said ? said : "");
    if (!upstream->wsi) {
        log_debug("cannot connect to the upstream", LOG_TEXT("reason", text));
        return;
    }
    upstream->wsi = NULL;
    failed(upstream, wsi, *text ? text : NULL);
}

static void on_end(struct upstream *upstream)
{
    upstream->wsi = NULL;
    upstream_lost(upstream, "the upstream has closed the connection", "see its log");
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t length)
{
    struct upstream *upstream = wsi ? lws_get_opaque_user_data(wsi) : NULL;

    if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_CLIENT_VERIFY_CERTS)
        return tls_set_rules(user) ? 0 : -1;
    if (!upstream)
        return 0;
    evloop_wake(upstream->loop);
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return is_feeder(upstream, wsi) && add_token(upstream, wsi, in, length) == 0 ? 0 : -1;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        on_failed(upstream, wsi, in, length);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        take(upstream, wsi, in, length);
        return upstream->wsi == wsi ? 0 : -1;
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
        upstream->source.heard_ms = clock_ms();
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return send_next(upstream, wsi);
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_WSI_DESTROY:
        if (upstream->wsi == wsi)
            on_end(upstream);
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {LINK_PROTOCOL, on_event, 0, RECEIVE_BYTES, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

/* ---- from outside ---- */

bool upstream_open(struct upstream *upstream, const char *address)
{
    const struct url *url = &upstream->urls[upstream->url_at];
    struct lws_client_connect_info info;

    memset(&info, 0, sizeof(info));
    info.context = upstream->context;
    info.vhost = upstream->vhost;
    info.address = address;
    info.port = url->port;
    info.ssl_connection = url->is_secure ? LCCSCF_USE_SSL : 0;
    info.path = url->path;
    info.host = url->authority;
    info.protocol = LINK_PROTOCOL;
    info.local_protocol_name = LINK_PROTOCOL;
    info.retry_and_idle_policy = &no_keepalive;
    info.opaque_user_data = upstream;
    buffer_clear(&upstream->heard);
    upstream->must_ping = false;
    upstream->wsi = lws_client_connect_via_info(&info);
    return upstream->wsi != NULL;
}

void upstream_close(struct upstream *upstream)
{
    struct lws *wsi = upstream->wsi;

    forget_queue(upstream);
    upstream->wsi = NULL;
    if (!wsi)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

bool upstream_attach(struct source *source, struct lws_context *context)
{
    struct upstream *upstream = upstream_of(source);
    struct lws_context_creation_info info;

    memset(&info, 0, sizeof(info));
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    info.vhost_name = "upstream";
    info.retry_and_idle_policy = &no_keepalive;
    if (!*upstream->settings.local)
        info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    if (*upstream->settings.ca_file && !*upstream->settings.local)
        info.client_ssl_ca_filepath = upstream->settings.ca_file;
    upstream->context = context;
    upstream->vhost = lws_create_vhost(context, &info);
    return upstream->vhost != NULL;
}

void upstream_detach(struct source *source)
{
    upstream_close(upstream_of(source));
}
