/* A peer: what is sent, what is heard, and how it ends. */
#include "door/peer.h"

#include <libwebsockets.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "door/clients.h"
#include "door/outbox.h"
#include "net/address.h"
#include "net/evloop.h"
#include "net/tls.h"

#define WHEEL_TICK_MS 100
/* One client must not hold up the others: so much of an outbox in one turn. */
#define PIECES_A_TURN 4
/* What is read of a client that was told that the connection ends. */
#define LINGER_BYTES 65536
#define LINGER_MS 2000
/* A client that takes nothing of what was sent last. */
#define FLUSH_MS 10000
/* To close one takes libwebsockets 4.1 a look at all others: a crowd is closed in many turns. */
#define CLOSES_A_TURN 64
/* A peer that has just come is about to say something: it is not closed to make room. */
#define NEWCOMER_MS 1000

/* ---- queues ---- */

static void leave_queue(struct peer *peer)
{
    if (peer->queue)
        TAILQ_REMOVE(peer->queue, peer, link);
    peer->queue = NULL;
}

static void enter_queue(struct peer *peer, struct peer_queue *queue)
{
    leave_queue(peer);
    peer->queue = queue;
    peer->since_ms = clock_ms();
    TAILQ_INSERT_TAIL(queue, peer, link);
}

/* ---- reading ---- */

/* A change costs a system call, also one to what is so already. */
static void set_reading(struct peer *peer, bool is_read)
{
    if (peer->is_read == is_read)
        return;
    peer->is_read = is_read;
    lws_rx_flow_control(peer->wsi, is_read ? 1 : 0);
}

/* libwebsockets reads nothing while it has something to write, and would spin. */
static void apply_reading(struct peer *peer)
{
    set_reading(peer, peer->is_wanted && !peer->is_choked);
}

/* Inside of TLS there may be bytes already that no event tells of: the write event does. */
void peer_read(struct peer *peer, bool is_wanted)
{
    bool begins = is_wanted && !peer->is_wanted;

    peer->is_wanted = is_wanted;
    if (peer->state == PEER_DOOMED || !peer->wsi)
        return;
    apply_reading(peer);
    if (begins && peer->is_secure)
        lws_callback_on_writable(peer->wsi);
}

static void linger_hear(struct peer *peer, size_t length)
{
    peer->drained_bytes += (uint32_t)length;
    if (peer->drained_bytes > LINGER_BYTES)
        peer_kill(peer);
}

void peer_hear(struct peer *peer, char *bytes, size_t length)
{
    if (peer->is_new && peer->is_secure)
        lws_set_timeout(peer->wsi, NO_PENDING_TIMEOUT, 0); /* its own, of the TLS handshake */
    peer->is_new = false;
    peer->has_been_heard = true;
    if (peer->state == PEER_OPEN)
        peer->ops->hear(peer, bytes, length);
    else
        linger_hear(peer, length);
}

/* ---- writing ---- */

static void choke(struct peer *peer)
{
    if (peer->is_choked)
        return;
    peer->is_choked = true;
    peer->has_been_heard = false;
    peer->since_ms = clock_ms();
    apply_reading(peer);
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
    enter_queue(peer, &peer->peers->slow);
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

static void free_outbox(struct peer *peer)
{
    if (!peer->outbox)
        return;
    outbox_free(peer->outbox);
    peer->outbox = NULL;
    if (peer->queue == &peer->peers->slow)
        leave_queue(peer);
}

/* True: it is empty. */
static bool send_outbox(struct peer *peer)
{
    for (int i = 0; i < PIECES_A_TURN; i++) {
        struct span next = outbox_next(peer->outbox, PEER_PIECE_BYTES);
        size_t taken;

        if (next.length == 0) {
            free_outbox(peer);
            return true;
        }
        if (write_pieces(peer, next.bytes, next.length, &taken) == WIRE_BROKEN)
            return false;
        outbox_advance(peer->outbox, taken);
        enter_queue(peer, &peer->peers->slow);
        if (lws_partial_buffered(peer->wsi))
            return false;
    }
    lws_callback_on_writable(peer->wsi);
    return false;
}

static void begin_linger(struct peer *peer);

/*
 * A choked peer that is to be heard is heard before more is written: else one that takes
 * a little at a time would never be.
 */
static bool must_be_heard(struct peer *peer)
{
    if (!peer->is_choked || !peer->is_wanted || peer->has_been_heard)
        return false;
    peer->has_been_heard = true;
    set_reading(peer, true);
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
            apply_reading(peer);
        return;
    }
    if (peer->is_choked) {
        peer->is_choked = false;
        apply_reading(peer);
    }
    if (peer->state == PEER_OPEN)
        peer->ops->writable(peer);
    else if (peer->state == PEER_FLUSHING)
        begin_linger(peer);
}

int64_t peer_stalled_ms(const struct peer *peer)
{
    return peer->is_choked ? clock_ms() - peer->since_ms : 0;
}

bool peer_takes_enough(const struct peer *peer)
{
    if (peer->outbox)
        return !outbox_is_too_slow(peer->outbox, clock_ms());
    return peer_stalled_ms(peer) < FLUSH_MS;
}

/* ---- the end ---- */

static void begin_linger(struct peer *peer)
{
    peer->state = PEER_LINGERING;
    if (peer->is_secure)
        tls_end(lws_get_ssl(peer->wsi));
    shutdown(lws_get_socket_fd(peer->wsi), SHUT_WR);
    peer_set_deadline(peer, LINGER_MS);
    peer_read(peer, true);
}

void peer_finish(struct peer *peer)
{
    if (peer->state != PEER_OPEN)
        return;
    peer->state = PEER_FLUSHING;
    peer_wake(peer);
    if (peer->is_choked) {
        peer_read(peer, false);
        peer_set_deadline(peer, FLUSH_MS);
    } else {
        begin_linger(peer);
    }
}

void peer_kill(struct peer *peer)
{
    if (peer->state == PEER_DOOMED)
        return;
    peer->state = PEER_DOOMED;
    free_outbox(peer);
    wheel_unset(&peer->timer);
    enter_queue(peer, &peer->peers->doomed);
    evloop_wake(peer->peers->loop);
}

/* ---- time ---- */

void peer_set_deadline(struct peer *peer, int64_t delay_ms)
{
    if (peer->state != PEER_DOOMED)
        wheel_set(&peer->peers->wheel, &peer->timer, clock_ms(), delay_ms);
}

void peer_rest(struct peer *peer)
{
    if (peer->state != PEER_OPEN)
        return;
    enter_queue(peer, &peer->peers->idle);
    peer_set_deadline(peer, PEER_HEAD_MS);
}

void peer_wake(struct peer *peer)
{
    if (peer->queue == &peer->peers->idle)
        leave_queue(peer);
}

/* One that flushes has more time as long as it takes what is left. */
static void on_late(struct wheel_timer *timer, void *context)
{
    struct peer *peer = (struct peer *)timer;

    (void)context;
    if (peer->state == PEER_OPEN)
        peer->ops->late(peer);
    else if (peer->state == PEER_FLUSHING && peer_takes_enough(peer))
        peer_set_deadline(peer, FLUSH_MS);
    else
        peer_kill(peer);
}

void peers_turn_end(struct peers *peers)
{
    struct peer *peer;

    wheel_turn(&peers->wheel, clock_ms(), on_late, peers);
    for (int i = 0; i < CLOSES_A_TURN && (peer = TAILQ_FIRST(&peers->doomed)); i++) {
        leave_queue(peer);
        lws_set_timeout(peer->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
    }
    if (!TAILQ_EMPTY(&peers->doomed))
        evloop_wake(peers->loop);
}

/* ---- room ---- */

bool peers_make_room(struct peers *peers)
{
    struct peer *peer = TAILQ_FIRST(&peers->idle);

    if (peer && clock_ms() - peer->since_ms < NEWCOMER_MS)
        return false;
    if (!peer)
        peer = TAILQ_FIRST(&peers->slow);
    if (!peer)
        return false;
    peer_kill(peer);
    return true;
}

void peers_shed(struct peers *peers)
{
    struct peer *slowest;

    while (body_total() > PEER_BODIES_MAX && (slowest = TAILQ_FIRST(&peers->slow)))
        peer_kill(slowest);
}

/* ---- its socket ---- */

bool peer_address(const struct peer *peer, struct in6_addr *address)
{
    return peer->wsi && address_of_peer(lws_get_socket_fd(peer->wsi), address);
}

int64_t peer_client(const struct peer *peer, const struct head *head)
{
    const struct clients *clients = peer->peers->clients;
    struct in6_addr address;

    if (!clients_have_proxies(clients) || !peer_address(peer, &address))
        return peer->address;
    return clients_address(clients, &address, head);
}

void peer_set_tcp(const struct peer *peer, int option, int value)
{
    setsockopt(lws_get_socket_fd(peer->wsi), IPPROTO_TCP, option, &value, sizeof(value));
}

enum peer_line peer_line(const struct peer *peer)
{
    struct tcp_info info;
    socklen_t length = sizeof(info);

    if (getsockopt(lws_get_socket_fd(peer->wsi), IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
        return PEER_LOST;
    return info.tcpi_state == TCP_ESTABLISHED  ? PEER_CONNECTED
           : info.tcpi_state == TCP_CLOSE_WAIT ? PEER_HALF_CLOSED
                                               : PEER_LOST;
}

/* ---- from accept to close ---- */

void peers_init(struct peers *peers, struct evloop *loop, struct clients *clients)
{
    *peers = (struct peers){.loop = loop, .clients = clients};
    wheel_init(&peers->wheel, clock_ms(), WHEEL_TICK_MS);
    TAILQ_INIT(&peers->idle);
    TAILQ_INIT(&peers->slow);
    TAILQ_INIT(&peers->doomed);
}

struct peer *peer_new(struct peers *peers, const struct in6_addr *address,
                      const struct peer_ops *ops, void *owner)
{
    struct peer *peer = calloc(1, sizeof(*peer));

    if (!peer)
        return NULL;
    if (!clients_come(peers->clients, address, &peer->visitor)) {
        free(peer);
        return NULL;
    }
    peer->address = address ? address_number(address) : 0;
    peer->peers = peers;
    peer->ops = ops;
    peer->owner = owner;
    peer->is_new = peer->is_wanted = peer->is_read = peer->is_adopting = true;
    peers->count++;
    return peer;
}

void peer_begin(struct peer *peer, struct lws *wsi)
{
    peer->wsi = wsi;
    peer->is_adopting = false;
    peer_rest(peer);
}

void peer_give(struct peer *peer, const struct peer_ops *ops, void *owner)
{
    peer->ops = ops;
    peer->owner = owner;
}

void peer_gone(struct peer *peer)
{
    peer->state = PEER_DOOMED;
    peer->wsi = NULL;
    peer->ops->gone(peer);
    if (!peer->is_adopting)
        peer_free(peer);
}

void peer_free(struct peer *peer)
{
    free_outbox(peer);
    leave_queue(peer);
    wheel_unset(&peer->timer);
    clients_go(peer->peers->clients, peer->visitor);
    peer->peers->count--;
    free(peer);
}
