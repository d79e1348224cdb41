/*
 * Listings: pages of all matches, also of those that are not on the scoreboard. They are read
 * from the table, each once for all clients that wait for the same one.
 *
 * Clients stand in lanes by their address, as in wants.h. A queue is as long as there are
 * clients that wait: a document waits ten seconds at most, and an edge has one question at a
 * time. One listing at a time is read, and freed once its clients have it. A client that asks
 * for the same one meanwhile waits for the next reading: matches may have changed since.
 */
#ifndef HUB_LISTING_H
#define HUB_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "hub/wants.h"
#include "wire/listing.h"

/* A page ends after so much, and with one state at least; the next one goes on there. */
#define LISTING_BYTES_MAX ((size_t)1024 * 1024)
#define LISTING_QUEUES 64

enum listing_outcome {
    LISTING_WHOLE,
    LISTING_UNKNOWN, /* the database, or a relay above, is too old to tell */
    LISTING_BROKEN,  /* it cannot be read now */
};

struct listing_row {
    int64_t match_id;
    size_t length; /* of its state */
};

TAILQ_HEAD(listing_queue, listing);
LIST_HEAD(listing_set, listing);
LIST_HEAD(listing_clients, listing_client);

struct listing {
    struct listing_wish wish;
    enum listing_outcome outcome;
    struct buffer states;           /* one behind the other, … */
    const struct listing_row *rows; /* … and whose they are: those of struct listings */
    int count;
    int taken;    /* rows so far, with those of matches that have no state yet */
    int64_t last; /* the match of the last row; 0: none */
    int64_t next; /* the next page is that before this match; 0: there is none */
    bool is_full; /* there were more rows: `next` is known */
    bool is_waiting;
    struct listing_clients clients;
    uint8_t lane;
    TAILQ_ENTRY(listing) link;     /* in its lane, while it waits */
    LIST_ENTRY(listing) same_link; /* in its place by hash, while it waits */
};

/* Who waits for a listing. Zeroed, it waits for none. */
struct listing_client {
    struct listing *listing; /* NULL: none */
    LIST_ENTRY(listing_client) link;
    /* The listing is gone when it returns. */
    void (*on_done)(void *context, const struct listing *listing);
    void *context;
};

struct listings {
    struct listing_queue lanes[WANTS_LANES];
    uint32_t counts[WANTS_LANES];
    uint32_t count; /* of all lanes */
    uint8_t turn;   /* the lane whose turn it is */
    struct listing_set by_hash[LISTING_QUEUES];
    struct listing *reading;                   /* NULL: none */
    struct listing_row rows[LISTING_ROWS_MAX]; /* of that */
    bool is_away; /* no source is to be had: a client that asks is told so at once */
};

void listings_init(struct listings *listings);

/* Answers all that wait. */
void listings_finish_all(struct listings *listings, enum listing_outcome outcome);

/* The source is away, and nobody tries to reach it; or it may come back. */
void listings_set_away(struct listings *listings, bool is_away);

void listings_free(struct listings *listings);

/* on_done is called once, now or later, unless listing_leave() is called before that. */
void listing_ask(struct listings *listings, struct listing_client *client,
                 const struct listing_wish *wish, uint8_t lane);

/* The client waits no more. At any time. */
void listing_leave(struct listings *listings, struct listing_client *client);

/* ---- what the source calls ---- */

/* The next listing, which is being read from now on. NULL: none waits. */
const struct listing *listing_take(struct listings *listings);

/* No client waits for the listing that is being read. */
bool listing_is_unwanted(const struct listings *listings) MUST_CHECK;

/*
 * A row of the listing that is being read, by falling numbers: others are left out. NULL: the
 * match has no state yet. A row more than was wanted tells that there is another page.
 */
void listing_add(struct listings *listings, int64_t match_id, const char *state, size_t length);

/* The source says that the next page is that before this match; 0: that there is none. */
void listing_set_next(struct listings *listings, int64_t next);

void listing_finish(struct listings *listings, enum listing_outcome outcome);

/*
 * Its reading was cut off: it is the next of its lane again. If the connection was lost, it is
 * broken instead, at once or with listings_set_away(): it may be what ended the connection.
 */
void listing_again(struct listings *listings);

#endif
