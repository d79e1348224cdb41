/* The functions of libwebsockets, and of what is above it, that the door calls. */
#include "transport.h"

#include <libwebsockets.h>

#include "door/peer.h"
#include "fuzz.h"
#include "http/assets.h"
#include "net/evloop.h"
#include "net/tls.h"
#include "source/gauges.h"

static const unsigned char page[] = "<!doctype html><title>page</title>";
const struct asset assets[] = {
    {.name = "index.html", .type = "text/html", .bytes = page, .end = page + sizeof(page) - 1}};
const size_t asset_count = 1;

bool transport_turn(struct lws *wsi)
{
    if (!wsi->peer || (!wsi->wants_writable && !wsi->is_partial))
        return false;
    wsi->is_partial = wsi->wants_writable = false;
    peer_writable(wsi->peer);
    return true;
}

void transport_close(struct lws *wsi)
{
    struct peer *peer = wsi->peer;

    wsi->peer = NULL;
    if (peer)
        peer_gone(peer);
}

/* ---- libwebsockets ---- */

int lws_write(struct lws *wsi, unsigned char *bytes, size_t length, enum lws_write_protocol how)
{
    fuzz_expect(wsi->peer && how == LWS_WRITE_RAW);
    fuzz_expect(!wsi->is_partial && length > 0 && length <= PEER_PIECE_BYTES);
    buffer_add(&wsi->sent, bytes, length);
    wsi->is_partial = wsi->chokes;
    if (wsi->is_partial) /* as the library does by itself */
        wsi->wants_writable = true;
    return (int)length;
}

int lws_partial_buffered(struct lws *wsi)
{
    return wsi->is_partial;
}

int lws_callback_on_writable(struct lws *wsi)
{
    fuzz_expect(wsi->peer != NULL);
    wsi->wants_writable = true;
    return 1;
}

int lws_rx_flow_control(struct lws *wsi, int enable)
{
    fuzz_expect(wsi->peer != NULL);
    wsi->may_read = enable;
    return 0;
}

void lws_set_timeout(struct lws *wsi, enum pending_timeout reason, int seconds)
{
    (void)reason;
    if (seconds == LWS_TO_KILL_SYNC)
        transport_close(wsi);
}

int lws_get_socket_fd(struct lws *wsi)
{
    (void)wsi;
    return -1;
}

SSL *lws_get_ssl(struct lws *wsi)
{
    (void)wsi;
    return NULL;
}

/* ---- the loop, TLS and the source ---- */

void evloop_wake(struct evloop *loop)
{
    (void)loop;
}

void tls_end(SSL *tls)
{
    (void)tls;
}

void gauges_take(struct gauges *now, const struct source *source)
{
    (void)source;
    *now = (struct gauges){.feed_state = "live"};
}
