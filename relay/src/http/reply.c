/* An answer on its way. */
#include "http/reply.h"

#include <libwebsockets.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

/* So much in one write: more would hold up the viewers. */
#define PIECE_BYTES ((size_t)64 * 1024)
/* Who takes no piece in so long is cut off. */
#define PATIENCE_MS 30000

/* HTTP/1.1 keeps a connection unless told, 1.0 ends it unless told. */
static void read_connection(struct lws *wsi, struct answer *answer)
{
    char version[12] = "", connection[24] = "";
    bool is_old;

    lws_hdr_copy(wsi, version, sizeof(version), WSI_TOKEN_HTTP);
    if (lws_hdr_total_length(wsi, WSI_TOKEN_CONNECTION) > 0)
        lws_hdr_copy(wsi, connection, sizeof(connection), WSI_TOKEN_CONNECTION);
    is_old = strcmp(version, "HTTP/1.1") != 0;
    if (strcasecmp(connection, "keep-alive") == 0)
        answer->is_kept = is_old;
    else if (is_old || strcasecmp(connection, "close") == 0)
        answer->is_last = true;
}

static int reply_end(struct lws *wsi, bool is_last)
{
    return is_last || lws_http_transaction_completed(wsi) ? -1 : 0;
}

/* What is left is the part of the body after `sent`, and what the library has buffered. */
static int reply_wait(struct http *http, struct exchange **slot, struct lws *wsi,
                      const struct answer *answer, size_t sent)
{
    struct exchange *exchange = exchange_new(wsi, EXCHANGE_BODY);

    if (!exchange)
        return -1;
    *slot = exchange;
    exchange->sending.sent = sent;
    exchange->sending.is_last = answer->is_last;
    if (sent < answer->length)
        exchange->sending.body =
            answer->body ? body_use(answer->body) : body_new(answer->bytes, answer->length);
    if ((sent < answer->length && !exchange->sending.body) ||
        !exchange_wait(exchange, http->settings.base))
        return -1;
    wheel_set(&http->wheel, &exchange->timer, PATIENCE_MS);
    exchange_want_writable(exchange);
    return 0;
}

int reply_send(struct http *http, struct exchange **slot, struct lws *wsi, struct answer *answer)
{
    struct buffer *out = &http->scratch;
    bool is_head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
    size_t piece = answer->length < PIECE_BYTES ? answer->length : PIECE_BYTES;

    read_connection(wsi, answer);
    buffer_clear(out);
    answer_write_header(out, answer, clock_real_s());
    if (is_head)
        answer->length = piece = 0;
    buffer_add(out, answer->bytes, piece);
    if (out->is_broken || lws_write(wsi, out->bytes, out->length, LWS_WRITE_RAW) < 0)
        return -1;
    if (piece == answer->length && !lws_partial_buffered(wsi))
        return reply_end(wsi, answer->is_last);
    return reply_wait(http, slot, wsi, answer, piece);
}

int reply_go_on(struct http *http, struct exchange **slot)
{
    struct exchange *exchange = *slot;
    struct sending *sending = &exchange->sending;
    struct lws *wsi = exchange->wsi;
    size_t left = sending->body ? sending->body->length - sending->sent : 0;
    size_t piece = left < PIECE_BYTES ? left : PIECE_BYTES;
    bool is_last = sending->is_last;

    if (piece > 0 && lws_write(wsi, sending->body->bytes + sending->sent, piece, LWS_WRITE_RAW) < 0)
        return -1;
    sending->sent += piece;
    if (piece < left || lws_partial_buffered(wsi)) {
        wheel_set(&http->wheel, &exchange->timer, PATIENCE_MS);
        lws_callback_on_writable(wsi);
        return 0;
    }
    http_end(slot);
    return reply_end(wsi, is_last);
}
