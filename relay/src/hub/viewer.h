/*
 * A viewer: a client's connection, the topics that it follows, and how it ends.
 *
 * A viewer does not depend on libwebsockets: the server gives it the functions of its wire (see
 * below), so that it also runs in a unit test. The struct is small, because there are many.
 */
#ifndef VIEWER_H
#define VIEWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/body.h"
#include "base/bucket.h"
#include "base/buffer.h"
#include "topic/topic.h"
#include "wire/frame.h"
#include "wire/protocol.h"

#define VIEWER_TOPICS_MAX 128
/* So many messages that are no requests at once, and one more in so long: see PROTOCOL.md. */
#define VIEWER_ERRORS_MAX 16
#define VIEWER_ERROR_FORGIVEN_MS 4000
#define VIEWER_SLOTS_INLINE 2

/* At most so many bytes in one send: the part that a viewer does not take is kept for it. */
#define VIEWER_SEND_BYTES ((size_t)16 * 1024)
/* At most so many sends of one topic in a row: one viewer must not hold up the others. */
#define VIEWER_SENDS 4

/* Where a viewer wants to resume; kept until it has joined. */
struct wish {
    uint32_t needs_read; /* it joins only when topic->reads_done has reached this; 0: at once */
    int64_t since_seq;
    int64_t until_ms; /* how long it waits for entries that are not there yet; 0: not at all */
    char since_epoch[65];
};

enum wire_result { WIRE_SENT, WIRE_CHOKED, WIRE_BROKEN };

/* What carries the bytes. Each call gets the viewer's `wire`. */
struct viewer_wire {
    /* Takes all bytes, unless it is BROKEN: sends them, or keeps a copy of the rest (CHOKED). */
    enum wire_result (*send)(void *wire, const uint8_t *bytes, size_t length);
    /* The same for a part of a body, which is shared and not copied. NULL: send() is used. */
    enum wire_result (*send_body)(void *wire, struct body *body, size_t from, size_t length);
    /* Asks that hub_writable() is called once there is room. */
    void (*want_writable)(void *wire);
    /* Ends the connection soon, by viewer->close_code. */
    void (*close)(void *wire);
    /* Stops or goes on reading what the viewer says. */
    void (*read)(void *wire, bool is_wanted);
};

struct pass;

struct viewer_slot {
    struct topic *topic;
    uint32_t follow; /* index in topic->follows */
};

/*
 * The life of a viewer. Only viewer_change() moves it from one state to another.
 *
 *     READY <-> CHOKED -> MUTED -> READY        any -> CLOSING -> GONE
 *
 *     READY -> CHOKED         it does not take all that was sent
 *     CHOKED -> MUTED         it does not read its answers, so its messages are not read either
 *     CHOKED, MUTED -> READY  it is writable again
 *     any -> CLOSING          the relay closes the connection
 *     any -> GONE             the connection has ended
 */
enum viewer_state {
    VIEWER_READY,   /* can be sent to */
    VIEWER_CHOKED,  /* cannot be sent to until it is writable */
    VIEWER_MUTED,   /* the same, and its messages are not read until then */
    VIEWER_CLOSING, /* follows nothing and is sent nothing; close_code says why */
    VIEWER_GONE,    /* its owner frees it */
    VIEWER_STATES
};

LIST_HEAD(viewer_list, viewer);

/* All viewers of a hub, by their state. The list of GONE is always empty. */
struct viewer_lists {
    struct viewer_list in[VIEWER_STATES];
};

/* A ping interval begins with a ping; its first three quarters are the time for the answer. */
enum ping_state { PING_NONE, PING_SENT, PING_ANSWERED };

struct viewer {
    const struct viewer_wire *ops;
    void *wire;
    struct pass *pass;          /* owned by the gate; NULL: everything is public */
    struct viewer_lists *lists; /* of its hub; NULL: it is in no list, like a document */
    LIST_ENTRY(viewer) link;    /* in the list of its state */
    struct bucket errors;       /* empty: too many errors in too short a time */
    struct viewer_slot *slots;  /* inline_slots, or on the heap */
    struct viewer_slot inline_slots[VIEWER_SLOTS_INLINE];
    uint16_t slot_count, slot_capacity;
    uint16_t next_slot;  /* whose turn it is when the viewer is writable again */
    uint16_t close_code; /* enum close_code; CLOSE_NONE: the relay does not close it */
    uint8_t lane;        /* the lane of its reads: see wants.h */
    uint8_t state;       /* enum viewer_state */
    uint8_t ping;        /* enum ping_state */
    bool was_told_live;  /* whether it was last sent `live` or `stale` */
    bool is_document;    /* a request over HTTP: it takes the entries that there are, and ends */
    bool is_edge;        /* a relay that follows this one: it does not count as a viewer */
};

void viewer_init(struct viewer *viewer, const struct viewer_wire *ops, void *wire);

/* Whether a viewer may go from one state to the other. */
bool viewer_may_change(enum viewer_state from, enum viewer_state to);

/* From now on the viewer is in the list of its state. */
void viewer_enlist(struct viewer *viewer, struct viewer_lists *lists);

/* Its connection has ended: unfollows all topics, and leaves its list. */
void viewer_end(struct viewer *viewer);

static inline bool viewer_is_choked(const struct viewer *viewer)
{
    return viewer->state == VIEWER_CHOKED || viewer->state == VIEWER_MUTED;
}

/* Nothing more is sent to it. */
static inline bool viewer_is_closing(const struct viewer *viewer)
{
    return viewer->state >= VIEWER_CLOSING;
}

/*
 * Sends whole frames. False: the viewer is closing (a failure closes it), and
 * its follows are gone.
 */
bool viewer_send(struct viewer *viewer, const uint8_t *bytes, size_t length) MUST_CHECK;

/* The same for a part of a body. */
bool viewer_send_body(struct viewer *viewer, struct body *body, size_t from,
                      size_t length) MUST_CHECK;

/*
 * Sends one of the relay's own messages. If the viewer is choked after that, its messages are not
 * read until it is writable: a client that does not read its answers may not ask for more.
 */
void viewer_say(struct viewer *viewer, struct span message);

/* An error message. It concerns that match alone, and closes nothing. */
void viewer_refuse(struct viewer *viewer, struct buffer *scratch, const char *code,
                   const char *message, int64_t match_id);

/* The viewer is writable again; the hub goes on sending to it. */
void viewer_unchoke(struct viewer *viewer);

/* The only way in which the relay ends a connection: unfollows all topics, then closes. */
void viewer_close(struct viewer *viewer, enum close_code code);

/* Unfollows all topics. Safe at any time, and more than once. */
void viewer_unfollow_all(struct viewer *viewer);

/* Whether it has got, or is being sent, all entries of the topics that it follows. */
bool viewer_has_all(const struct viewer *viewer);

/* The slot for this topic, or -1. */
int viewer_find(const struct viewer *viewer, const struct topic *topic);

/* Starts to follow, in FOLLOW_WAITING. Owns the wish from now on. NULL: memory ran out. */
struct follow *viewer_follow(struct viewer *viewer, struct topic *topic, struct wish *wish);
void viewer_unfollow(struct viewer *viewer, int slot);

/* Prefetches the viewer into the cache, because it will be sent to soon. */
static inline void viewer_prefetch(const struct viewer *viewer)
{
    __builtin_prefetch(viewer);
    __builtin_prefetch(&viewer->state);
}

/* Sends what the viewer has not seen of the topic's run. The hot path. */
void viewer_pump(struct viewer *viewer, struct topic *topic, struct follow *follow);

#endif
