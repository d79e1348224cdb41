/* An answer on its way. */
#include "http/reply.h"

#include "base/clock.h"
#include "door/peer.h"
#include "door/refusal.h"
#include "http/content/encoding.h"
#include "http/content/etag.h"
#include "http/exchange.h"

/* How often the relay checks whether a client takes its answer fast enough. */
#define LOOK_EVERY_MS 5000

/* HTTP/1.1 keeps a connection by default, HTTP/1.0 ends it. */
static void describe_connection(const struct exchange *exchange, struct answer *answer)
{
    answer->is_last = answer->is_last || exchange->is_last;
    answer->is_kept = exchange->is_old && !answer->is_last;
}

bool reply_is_known(const struct exchange *exchange, const char *etag)
{
    return exchange->known && etag_matches(exchange->known, etag);
}

/*
 * Would the answer as a 200 have Vary: Accept-Encoding? Then the 304 must have it too (RFC 9110
 * section 15.4.5). An answer without bytes is a document that the client has already.
 */
static bool may_be_packed(const struct answer *answer)
{
    return answer->is_by_encoding || answer->body || !answer->bytes;
}

/* The conditions of the request, RFC 9110 section 13.2. */
static void apply_conditions(const struct exchange *exchange, struct answer *answer)
{
    static const char unwanted[] = "If-Match can only be * here\n";

    if (answer->status != 200)
        return;
    if (exchange->is_unwanted) {
        answer->status = 412;
        answer->type = ANSWER_TEXT;
        answer->bytes = unwanted;
        answer->length = sizeof(unwanted) - 1;
        answer->body = NULL;
    } else if (reply_is_known(exchange, answer->etag ? answer->etag : "")) {
        answer->status = 304;
        answer->is_by_encoding = may_be_packed(answer);
        answer->type = NULL;
        answer->length = 0;
    }
}

/* A shared body is compressed for clients that accept gzip. */
static void pack(const struct exchange *exchange, struct answer *answer)
{
    struct body *packed = NULL;

    if (!answer->body || !answer->type || answer->encoding)
        return;
    answer->is_by_encoding = true;
    if (exchange->takes_gzip)
        packed = encoding_pack(answer->body, clock_ms());
    if (!packed)
        return;
    answer->encoding = "gzip";
    answer->bytes = packed->bytes;
    answer->length = packed->length;
    answer->body = packed;
}

/* Writes the header and as much of the body as fits into one write; returns how much. */
static size_t write_begin(struct buffer *out, const struct answer *answer, size_t length)
{
    size_t room, begin;

    buffer_clear(out);
    answer_write_header(out, answer, clock_real_s());
    room = out->length < PEER_PIECE_BYTES ? PEER_PIECE_BYTES - out->length : 0;
    begin = length < room ? length : room;
    buffer_add(out, answer->bytes, begin);
    return begin;
}

/* The rest of an answer has to be a body, so that it can be kept. NULL: memory ran out. */
static struct body *body_of(const struct answer *answer)
{
    return answer->body ? body_use(answer->body) : body_new(answer->bytes, answer->length);
}

static enum wire_result send_rest(struct peer *peer, const struct answer *answer, size_t from)
{
    struct body *body = body_of(answer);
    enum wire_result result = WIRE_BROKEN;

    if (body)
        result = peer_send_body(peer, body, from, body->length - from);
    else
        peer_kill(peer);
    body_release(body);
    return result;
}

/* The last exchange of a connection need not wait: the peer sends the rest, and ends. */
static void wait_until_sent(struct exchange *exchange)
{
    if (exchange->is_last) {
        exchange_end(exchange);
        return;
    }
    exchange->kind = EXCHANGE_BODY;
    peer_set_deadline(exchange->peer, LOOK_EVERY_MS);
}

void reply_send(struct exchange *exchange, struct answer *answer)
{
    struct buffer *out = &exchange->http->scratch;
    struct peer *peer = exchange->peer;
    enum wire_result result;
    size_t length, begin;

    answer->images = exchange->http->settings.images;
    apply_conditions(exchange, answer);
    pack(exchange, answer);
    describe_connection(exchange, answer);
    length = exchange->is_head ? 0 : answer->length;
    exchange->is_last = answer->is_last;
    begin = write_begin(out, answer, length);
    if (out->is_broken) {
        peer_kill(peer);
        return;
    }
    result = peer_send(peer, out->bytes, out->length);
    if (result != WIRE_BROKEN && begin < length)
        result = send_rest(peer, answer, begin);
    if (result == WIRE_SENT)
        exchange_end(exchange);
    else if (result == WIRE_CHOKED)
        wait_until_sent(exchange);
}

void reply_refuse(struct exchange *exchange, const struct refusal *refusal)
{
    struct answer answer = answer_text(refusal->status, refusal->text);

    answer.retry_after_s = refusal->retry_after_s;
    answer.challenge = refusal->challenge;
    answer.is_last = true;
    reply_send(exchange, &answer);
}

void reply_is_sent(struct exchange *exchange)
{
    exchange_end(exchange);
}

void reply_is_late(struct exchange *exchange)
{
    if (peer_takes_enough(exchange->peer))
        peer_set_deadline(exchange->peer, LOOK_EVERY_MS);
    else
        peer_kill(exchange->peer);
}
