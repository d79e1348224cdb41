/*
 * Listings: pages of all matches, also of matches that are not on the scoreboard. A page is read
 * from the table, once for all clients that wait for the same page.
 *
 * Listings wait in lanes by the address of their clients, as in wants.h. There are never more
 * listings than clients that wait: a request over HTTP waits ten seconds at most, and an edge asks
 * one question at a time. One listing at a time is read; it is freed once its clients have it. A
 * client that asks for a page while that page is being read waits for the next reading, because
 * matches may have changed since the reading began.
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

/* A page ends before it exceeds this, but has at least one state; the next page goes on there. */
#define LISTING_BYTES_MAX ((size_t)1024 * 1024)
/* Buckets of the hash table in which a waiting listing is found. */
#define LISTING_QUEUES 64

enum listing_outcome {
    LISTING_WHOLE,
    LISTING_UNKNOWN, /* the database, or a relay above, is older than version 1.2 */
    LISTING_BROKEN,  /* it cannot be read now, or memory ran out */
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
    struct buffer states;           /* one state after the other … */
    const struct listing_row *rows; /* … and the match and length of each: listings.rows */
    int count;                      /* how many rows, each with a state */
    int taken;                      /* the same with the matches that have no state yet */
    int64_t last;                   /* the match of the last row that was taken; 0: none */
    int64_t next;                   /* the `before` of the next page; 0: this is the last page */
    bool is_full;                   /* the source had more rows, and `next` is known */
    bool is_waiting;                /* in a lane; otherwise it is being read */
    struct listing_clients clients;
    uint8_t lane;
    TAILQ_ENTRY(listing) link;     /* in its lane, while it waits */
    LIST_ENTRY(listing) same_link; /* in its bucket of by_hash, while it waits */
};

/* A client that may wait for a listing. Zeroed, it waits for none. */
struct listing_client {
    struct listing *listing; /* NULL: none */
    LIST_ENTRY(listing_client) link;
    /* The listing is freed when this function returns. */
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
    struct listing_row rows[LISTING_ROWS_MAX]; /* of `reading` */
    bool is_away; /* there is no source: a client that asks gets LISTING_BROKEN at once */
};

/* The source is away at first. */
void listings_init(struct listings *listings);

/* Ends all listings that wait, with this outcome. */
void listings_finish_all(struct listings *listings, enum listing_outcome outcome);

/* True: the source is away and is not being tried, so that all listings that wait are broken.
   False: it is there, or is being tried. */
void listings_set_away(struct listings *listings, bool is_away);

/* Ends all listings, also the one that is being read, as broken. */
void listings_free(struct listings *listings);

/* Calls client->on_done once, now or later, unless listing_leave() is called before that. */
void listing_ask(struct listings *listings, struct listing_client *client,
                 const struct listing_wish *wish, uint8_t lane);

/* The client does not wait any more. May be called at any time, also when it did not wait. */
void listing_leave(struct listings *listings, struct listing_client *client);

/* ---- what the source calls ---- */

/* Takes the next listing out of its lane: it is being read from now on. NULL: none waits. */
const struct listing *listing_take(struct listings *listings);

/* Whether a listing is being read for which no client waits any more. */
bool listing_is_unwanted(const struct listings *listings) MUST_CHECK;

/*
 * Adds a row to the listing that is being read; the state is copied, and NULL if the match has
 * none yet. The numbers of the matches fall; a row that breaks this order is left out. The source
 * gives one row more than was asked for when there is another page.
 */
void listing_add(struct listings *listings, int64_t match_id, const char *state, size_t length);

/* The source says what the `before` of the next page is; 0: this is the last page. */
void listing_set_next(struct listings *listings, int64_t next);

/* Ends the listing that is being read: its clients get it, and it is freed. */
void listing_finish(struct listings *listings, enum listing_outcome outcome);

/*
 * The reading was cut off. The listing is the first of its lane again, and is read anew. But if
 * the source is away, the listing is broken: it may be what ended the connection.
 */
void listing_again(struct listings *listings);

#endif
