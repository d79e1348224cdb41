/* A peer: what is heard, how long it may take, and how it ends. */
#include "door/peer.h"

#include <assert.h>
#include <libwebsockets.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "door/clients.h"
#include "net/address.h"
#include "net/evloop.h"
#include "net/tls.h"

#define WHEEL_TICK_MS 100
/* How much, and for how long, the relay reads from a client after it has shut its sending side. */
#define LINGER_BYTES 65536
#define LINGER_MS 2000
/* libwebsockets 4.1 looks at all connections to close one: a crowd takes many turns. */
#define CLOSES_A_TURN 64
/* A peer that has just come is about to send its request: it is not closed to make room. */
#define NEWCOMER_MS 1000

/* ---- its state ---- */

/* A peer goes on from one state to a later one, and never back. */
static void peer_change(struct peer *peer, enum peer_state state)
{
    assert(state > peer->state || state == PEER_DOOMED);
    peer->state = (uint8_t)state;
}

/* ---- queues ---- */

void peer_leave_queue(struct peer *peer)
{
    if (peer->queue)
        TAILQ_REMOVE(peer->queue, peer, link);
    peer->queue = NULL;
}

void peer_enter_queue(struct peer *peer, struct peer_queue *queue)
{
    peer_leave_queue(peer);
    peer->queue = queue;
    peer->since_ms = clock_ms();
    TAILQ_INSERT_TAIL(queue, peer, link);
}

/* ---- requests ---- */

void peer_set_asking(struct peer *peer, bool is_asking)
{
    peer->peers->asking += (size_t)is_asking - (size_t)peer->is_asking;
    peer->is_asking = is_asking;
}

/* ---- reading ---- */

/* lws_rx_flow_control() costs a system call, also when nothing changes. */
void peer_set_reading(struct peer *peer, bool is_read)
{
    if (peer->is_read == is_read)
        return;
    peer->is_read = is_read;
    lws_rx_flow_control(peer->wsi, is_read ? 1 : 0);
}

/* libwebsockets reads nothing while it has something to write, and would spin. */
void peer_apply_reading(struct peer *peer)
{
    peer_set_reading(peer, peer->is_wanted && !peer->is_choked);
}

/* Inside of TLS there may be bytes already that no event tells of: the write event does. */
void peer_read(struct peer *peer, bool is_wanted)
{
    bool begins = is_wanted && !peer->is_wanted;

    peer->is_wanted = is_wanted;
    if (peer->state == PEER_DOOMED || !peer->wsi)
        return;
    peer_apply_reading(peer);
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

/* ---- the end ---- */

void peer_linger(struct peer *peer)
{
    peer_change(peer, PEER_LINGERING);
    peer_set_asking(peer, false);
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
    peer_change(peer, PEER_FLUSHING);
    peer_wake(peer);
    if (peer->is_choked) {
        peer_read(peer, false);
        peer_set_deadline(peer, PEER_FLUSH_MS);
    } else {
        peer_linger(peer);
    }
}

void peer_kill(struct peer *peer)
{
    if (peer->state == PEER_DOOMED)
        return;
    peer_change(peer, PEER_DOOMED);
    peer_set_asking(peer, false);
    peer_drop_outbox(peer);
    wheel_unset(&peer->timer);
    peer_enter_queue(peer, &peer->peers->doomed);
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
    peer_set_asking(peer, false);
    if (peer->state != PEER_OPEN)
        return;
    peer_enter_queue(peer, &peer->peers->idle);
    peer_set_deadline(peer, PEER_HEAD_MS);
}

void peer_wake(struct peer *peer)
{
    if (peer->queue == &peer->peers->idle)
        peer_leave_queue(peer);
}

/* A peer that flushes has more time as long as its client takes what is left. */
static void on_late(struct wheel_timer *timer, void *context)
{
    struct peer *peer = (struct peer *)timer;

    (void)context;
    if (peer->state == PEER_OPEN)
        peer->ops->late(peer);
    else if (peer->state == PEER_FLUSHING && peer_takes_enough(peer))
        peer_set_deadline(peer, PEER_FLUSH_MS);
    else
        peer_kill(peer);
}

void peers_turn_end(struct peers *peers)
{
    struct peer *peer;

    wheel_turn(&peers->wheel, clock_ms(), on_late, peers);
    for (int i = 0; i < CLOSES_A_TURN && (peer = TAILQ_FIRST(&peers->doomed)); i++) {
        peer_leave_queue(peer);
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

bool peers_are_quiet(const struct peers *peers)
{
    const struct peer *peer;
    size_t idle = 0;

    TAILQ_FOREACH (peer, &peers->idle, link)
        idle += !peer->is_new && clock_ms() - peer->since_ms >= NEWCOMER_MS;
    return idle == peers->count;
}

/* The last of the idle peers is the youngest. */
bool peers_are_asking(const struct peers *peers)
{
    const struct peer *peer;

    if (peers->asking > 0)
        return true;
    TAILQ_FOREACH_REVERSE(peer, &peers->idle, peer_queue, link)
    {
        if (clock_ms() - peer->since_ms >= NEWCOMER_MS)
            return false;
        if (peer->is_new)
            return true;
    }
    return false;
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
    peer_set_asking(peer, false);
    peer->ops = ops;
    peer->owner = owner;
}

void peer_gone(struct peer *peer)
{
    peer_change(peer, PEER_DOOMED);
    peer->wsi = NULL;
    peer->ops->gone(peer);
    if (!peer->is_adopting)
        peer_free(peer);
}

void peer_free(struct peer *peer)
{
    peer_set_asking(peer, false);
    peer_drop_outbox(peer);
    peer_leave_queue(peer);
    wheel_unset(&peer->timer);
    clients_go(peer->peers->clients, peer->visitor);
    peer->peers->count--;
    free(peer);
}
