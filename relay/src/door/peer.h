/*
 * A peer: one connected socket, from accept to close, for requests over HTTP and for viewers.
 *
 * libwebsockets is the transport: it reads, writes, and does TLS. A peer bounds this:
 * it is counted for its address and has a deadline in every state. Bytes that its client does
 * not take are in the kernel's buffer, in one piece of 16 KiB that libwebsockets keeps, and in
 * shared bodies (outbox.h), whose sum is bounded. At its end a peer reads for a moment, so that the
 * client gets the last answer and not a reset.
 *
 * A peer gives the bytes that it reads to its owner, by a table of functions: first to the
 * requests over HTTP (http.c), then, after an upgrade, to a viewer (connection.c).
 */
#ifndef PEER_H
#define PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/body.h"
#include "base/wheel.h"
#include "hub/viewer.h"

struct clients;
struct evloop;
struct head;
struct lws;
struct outbox;
struct peer;
struct visitor;

/* Of one write. libwebsockets keeps at most one write that a client takes in part. */
#define PEER_PIECE_BYTES ((size_t)16 * 1024)
/* Of all bodies that clients have not taken, together: beyond it the slowest client goes. */
#define PEER_BODIES_MAX ((size_t)64 * 1024 * 1024)
/* How long a client may take nothing of what was sent. */
#define PEER_FLUSH_MS 10000
/* How long a client may take for a whole request, after it came or after its last answer. */
#define PEER_HEAD_MS 8000

/* None of these may free the peer; all may call peer_kill(). */
struct peer_ops {
    /* Some bytes have come, which may be written to. */
    void (*hear)(struct peer *peer, char *bytes, size_t length);
    /* It takes more: all that was sent before is with the kernel. */
    void (*writable)(struct peer *peer);
    /* Its deadline has passed. */
    void (*late)(struct peer *peer);
    /* It is gone: the owner must not know it any more. */
    void (*gone)(struct peer *peer);
};

/* Its life, in this order; a state may be left out. Only peer_change() changes it. */
enum peer_state {
    PEER_OPEN,
    PEER_FLUSHING,  /* the owner is done with it; the rest is being sent */
    PEER_LINGERING, /* nothing more is sent; what comes is thrown away, until the client closes */
    PEER_DOOMED,    /* it is closed at the end of this turn */
};

TAILQ_HEAD(peer_queue, peer);

struct peer {
    struct wheel_timer timer; /* first: the wheel leads back to here */
    struct lws *wsi;          /* NULL: not yet */
    struct peers *peers;
    const struct peer_ops *ops;
    void *owner;             /* what the functions of ops work on */
    struct visitor *visitor; /* its address; NULL: not counted */
    int64_t address;         /* where it comes from: see address.h */
    struct outbox *outbox;   /* what its client has not taken; NULL: nothing */
    struct peer_queue *queue;
    TAILQ_ENTRY(peer) link; /* in the queue, if there is one */
    int64_t since_ms;       /* when it came into the queue, or took something last */
    uint32_t drained_bytes; /* LINGERING: what has been read */
    uint8_t state;          /* enum peer_state */
    bool is_private;        /* it came to the port for operators */
    bool is_local;          /* a worker of this relay, to its feeder */
    bool is_secure;         /* TLS */
    bool is_new;            /* nothing has come yet */
    bool is_asking;         /* a request is under way, from its first byte to its answer's last */
    bool is_choked;         /* it takes no more until it is writable */
    bool is_wanted;         /* the owner wants to hear it */
    bool is_read;           /* it is heard now */
    bool has_been_heard;    /* between two writes of a choked peer */
    bool is_adopting;       /* libwebsockets is still taking it over */
};

/* All peers. */
struct peers {
    struct wheel wheel;
    struct evloop *loop;
    struct clients *clients;
    void *context;          /* of the functions that a new peer begins with */
    struct peer_queue idle; /* between two requests; the longest idle is first */
    struct peer_queue
        slow; /* with an outbox; the one that has taken nothing for longest is first */
    struct peer_queue doomed; /* to be closed at the end of the turn */
    size_t count;
    size_t asking; /* how many of them have a request under way */
};

void peers_init(struct peers *peers, struct evloop *loop, struct clients *clients);

/* At the end of each turn: deadlines, and the end of doomed peers. */
void peers_turn_end(struct peers *peers);

/* Descriptors ran out: closes the peer that asks for nothing for longest. False: there is none. */
bool peers_make_room(struct peers *peers) MUST_CHECK;

/* Nothing is under way: all are idle, and each has asked something, and not just now. */
bool peers_are_quiet(const struct peers *peers) MUST_CHECK;

/* Requests are under way, or about to come from a client that has just connected. */
bool peers_are_asking(const struct peers *peers) MUST_CHECK;

/* Closes the slowest clients until bodies take no more memory than they may. */
void peers_shed(struct peers *peers);

/* ---- for its owner ---- */

/* From now on the peer's events are for these. */
void peer_give(struct peer *peer, const struct peer_ops *ops, void *owner);

/* Sends, and keeps what the client does not take at once. BROKEN: the peer is doomed. */
enum wire_result peer_send(struct peer *peer, const void *bytes, size_t length) MUST_CHECK;

/* The same of a part of a body, of which no copy is made. */
enum wire_result peer_send_body(struct peer *peer, struct body *body, size_t from,
                                size_t length) MUST_CHECK;

/* `writable` is called as soon as the client takes more. */
void peer_want_writable(struct peer *peer);

/* Stops or resumes reading from it. What the client sends meanwhile stays in the kernel. */
void peer_read(struct peer *peer, bool is_wanted);

/* A request has begun to come; or the owner will answer it without end, as a stream. It also
   ends with the answer: see peer_rest() and peer_finish(). */
void peer_set_asking(struct peer *peer, bool is_asking);

/* `late` is called once after this time. This replaces an earlier deadline. */
void peer_set_deadline(struct peer *peer, int64_t delay_ms);

/* Nothing is under way: it has PEER_HEAD_MS, and is closed first when room is needed. */
void peer_rest(struct peer *peer);
void peer_wake(struct peer *peer);

/* Whether it takes what was sent, at the least rate that is asked for. */
bool peer_takes_enough(const struct peer *peer);

/* For how long it has taken nothing of what was sent; 0: it takes all. */
int64_t peer_stalled_ms(const struct peer *peer);

/*
 * The owner is done with it, and is not called any more. What was sent goes out, then the
 * connection ends.
 */
void peer_finish(struct peer *peer);

/* Closes it at the end of this turn, whatever is under way. */
void peer_kill(struct peer *peer);

/* False: it has gone already, or has an address of another kind. */
bool peer_address(const struct peer *peer, struct in6_addr *address) MUST_CHECK;

/* Where a request comes from: the peer, or the address that it names if it is a trusted proxy. */
int64_t peer_client(const struct peer *peer, const struct head *head);

/* An option of its socket, of level IPPROTO_TCP. */
void peer_set_tcp(const struct peer *peer, int option, int value);

enum peer_line {
    PEER_CONNECTED,
    PEER_HALF_CLOSED, /* the client sends no more; it may still read */
    PEER_LOST,        /* the connection is gone */
};

/* What the kernel knows of the other end: for an owner that does not read. */
enum peer_line peer_line(const struct peer *peer);

/* ---- for door.c ---- */

/* NULL: memory ran out, or its address has too many; the caller keeps the descriptor. */
struct peer *peer_new(struct peers *peers, const struct in6_addr *address,
                      const struct peer_ops *ops, void *owner);
void peer_begin(struct peer *peer, struct lws *wsi);
void peer_hear(struct peer *peer, char *bytes, size_t length);
void peer_writable(struct peer *peer);

/* libwebsockets has let go of it. */
void peer_gone(struct peer *peer);
void peer_free(struct peer *peer);

/* ---- between peer.c and peer_send.c ---- */

/* A peer stands in one queue at most; at its end when it enters. */
void peer_enter_queue(struct peer *peer, struct peer_queue *queue);
void peer_leave_queue(struct peer *peer);

/* Reads the socket, or not. */
void peer_set_reading(struct peer *peer, bool is_read);

/* The same, by whether the owner wants to hear it and whether it is choked. */
void peer_apply_reading(struct peer *peer);

/* What the client has not taken is dropped. */
void peer_drop_outbox(struct peer *peer);

/* All is sent: shuts the sending side, and waits until the client closes its own. */
void peer_linger(struct peer *peer);

#endif
