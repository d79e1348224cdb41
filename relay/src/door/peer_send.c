/*
 * A peer: what is sent. As much as libwebsockets takes goes out at once, in pieces; the rest
 * waits in the outbox, and the peer is choked until that is empty.
 */
#include <libwebsockets.h>

#include "base/clock.h"
#include "door/outbox.h"
#include "door/peer.h"

/* One client must not hold up the others: so much of an outbox in one turn. */
#define PIECES_A_TURN 4

static void choke(struct peer *peer)
{
    if (peer->is_choked)
        return;
    peer->is_choked = true;
    peer->has_been_heard = false;
    peer->since_ms = clock_ms();
    peer_apply_reading(peer);
}

/* Writes piece by piece, until libwebsockets has to keep one. */
static enum wire_result write_pieces(struct peer *peer, const uint8_t *bytes, size_t length,
                                     size_t *taken)
{
    for (*taken = 0; *taken < length;) {
        size_t left = length - *taken;
        size_t piece = left < PEER_PIECE_BYTES ? left : PEER_PIECE_BYTES;

        if (lws_write(peer->wsi, (unsigned char *)(uintptr_t)(bytes + *taken), piece,
                      LWS_WRITE_RAW) < 0) {
            peer_kill(peer);
            return WIRE_BROKEN;
        }
        *taken += piece;
        if (lws_partial_buffered(peer->wsi)) {
            choke(peer);
            return WIRE_CHOKED;
        }
    }
    return WIRE_SENT;
}

static bool reserve_outbox(struct peer *peer)
{
    if (peer->outbox)
        return true;
    peer->outbox = outbox_new(clock_ms());
    if (!peer->outbox)
        return false;
    peer_enter_queue(peer, &peer->peers->slow);
    return true;
}

/* Keeps the rest: of a body by reference, of other bytes by copy. */
static enum wire_result keep(struct peer *peer, struct body *body, size_t from,
                             const uint8_t *bytes, size_t length)
{
    bool is_kept = reserve_outbox(peer) && (body ? outbox_add(peer->outbox, body, from, length)
                                                 : outbox_add_copy(peer->outbox, bytes, length));

    if (is_kept)
        peers_shed(peer->peers);
    else
        peer_kill(peer);
    return peer->state == PEER_OPEN ? WIRE_CHOKED : WIRE_BROKEN;
}

static enum wire_result send_part(struct peer *peer, struct body *body, size_t from,
                                  const uint8_t *bytes, size_t length)
{
    enum wire_result result = WIRE_CHOKED;
    size_t taken = 0;

    if (peer->state != PEER_OPEN || !peer->wsi)
        return WIRE_BROKEN;
    if (!peer->is_choked)
        result = write_pieces(peer, bytes, length, &taken);
    if (result != WIRE_CHOKED || taken == length)
        return result;
    return keep(peer, body, from + taken, bytes + taken, length - taken);
}

enum wire_result peer_send(struct peer *peer, const void *bytes, size_t length)
{
    return send_part(peer, NULL, 0, bytes, length);
}

enum wire_result peer_send_body(struct peer *peer, struct body *body, size_t from, size_t length)
{
    return send_part(peer, body, from, body->bytes + from, length);
}

void peer_want_writable(struct peer *peer)
{
    if (peer->state != PEER_DOOMED && peer->wsi)
        lws_callback_on_writable(peer->wsi);
}

void peer_drop_outbox(struct peer *peer)
{
    if (!peer->outbox)
        return;
    outbox_free(peer->outbox);
    peer->outbox = NULL;
    if (peer->queue == &peer->peers->slow)
        peer_leave_queue(peer);
}

/* True: it is empty. */
static bool send_outbox(struct peer *peer)
{
    for (int i = 0; i < PIECES_A_TURN; i++) {
        struct span next = outbox_next(peer->outbox, PEER_PIECE_BYTES);
        size_t taken;

        if (next.length == 0) {
            peer_drop_outbox(peer);
            return true;
        }
        if (write_pieces(peer, next.bytes, next.length, &taken) == WIRE_BROKEN)
            return false;
        outbox_advance(peer->outbox, taken);
        peer_enter_queue(peer, &peer->peers->slow);
        if (lws_partial_buffered(peer->wsi))
            return false;
    }
    lws_callback_on_writable(peer->wsi);
    return false;
}

/*
 * A choked peer that its owner wants to hear is read once before more is written: else a
 * client that takes a little at a time would never be heard.
 */
static bool must_be_heard(struct peer *peer)
{
    if (!peer->is_choked || !peer->is_wanted || peer->has_been_heard)
        return false;
    peer->has_been_heard = true;
    peer_set_reading(peer, true);
    lws_callback_on_writable(peer->wsi);
    return true;
}

void peer_writable(struct peer *peer)
{
    if (peer->state == PEER_DOOMED)
        return;
    if (lws_partial_buffered(peer->wsi)) { /* libwebsockets has cleared its own wish */
        lws_callback_on_writable(peer->wsi);
        return;
    }
    if (must_be_heard(peer))
        return;
    if (peer->outbox && !send_outbox(peer)) {
        peer->has_been_heard = false;
        if (peer->state != PEER_DOOMED)
            peer_apply_reading(peer);
        return;
    }
    if (peer->is_choked) {
        peer->is_choked = false;
        peer_apply_reading(peer);
    }
    if (peer->state == PEER_OPEN)
        peer->ops->writable(peer);
    else if (peer->state == PEER_FLUSHING)
        peer_linger(peer);
}

int64_t peer_stalled_ms(const struct peer *peer)
{
    return peer->is_choked ? clock_ms() - peer->since_ms : 0;
}

bool peer_takes_enough(const struct peer *peer)
{
    if (peer->outbox)
        return !outbox_is_too_slow(peer->outbox, clock_ms());
    return peer_stalled_ms(peer) < PEER_FLUSH_MS;
}
