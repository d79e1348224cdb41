/*
 * A read: one JSON document about a topic, or a list of matches, for one HTTP request.
 *
 * A read is a viewer that leaves when it has enough entries. So the hub loads topics and reads
 * history for it as for other viewers, and shares both. It is not in the hub's list of viewers,
 * because it needs no `live` and `stale`. For a list of matches it waits for a listing instead.
 */
#ifndef READ_H
#define READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "http/content/back.h"
#include "http/content/etag.h"
#include "hub/hub.h"
#include "hub/listing.h"
#include "hub/viewer.h"
#include "wire/request.h"

/* A document ends when it has so many bytes; the client asks again from its last entry. */
#define READ_BYTES_MAX ((size_t)1024 * 1024)

struct read_wish {
    int64_t match_id;
    bool wants_entries; /* false: the state */
    bool is_page;       /* the state and the entries, for page.h */
    bool is_list;       /* matches, by `listing`, and nothing else */
    struct listing_wish listing;
    bool has_since; /* false: the newest entries */
    int64_t since_seq;
    char since_epoch[REQUEST_EPOCH_MAX + 1]; /* "": the current epoch */
    int64_t before_seq;                      /* only entries before this; 0: all */
    int limit;                               /* of lines, at least 1 */
};

struct read {
    struct viewer viewer;
    struct hub *hub;
    struct read_wish wish;
    struct buffer document;
    char etag[ETAG_BYTES];         /* of the document; "" for an error */
    unsigned status;               /* of HTTP; 0: the document is not done */
    int entries, lines;            /* in the document */
    int64_t head;                  /* of the topic, when the document was begun */
    int64_t last;                  /* seq of the last entry that it may have */
    struct back back;              /* for before_seq without since_seq */
    struct listing_client listing; /* is_list */
    char back_epoch[EPOCH_BYTES_MAX + 1];
    uint8_t lane;
    bool is_joining; /* the next `subscribed` is the answer to a join */
    bool must_join;  /* another piece has to be read */
    void (*on_ready)(void *context);
    void *context;
};

/*
 * Begins a read. It may be done on return (status). If not, the hub calls on_ready later, and
 * read_go_on() has to be called soon after that, but not from within on_ready.
 */
void read_begin(struct read *read, struct hub *hub, const struct read_wish *wish, uint8_t lane,
                void (*on_ready)(void *context), void *context);

/* Takes the entries that are available. True: the document is done. */
bool read_go_on(struct read *read);

/* Gives up waiting: answers that the topic is unavailable. */
void read_give_up(struct read *read);

/* Are the two wishes for the same document? */
bool read_is_same(const struct read_wish *one, const struct read_wish *other);

/* The entity tag of a topic in memory. False: it is not in memory, or not fresh. */
bool read_etag(const struct hub *hub, int64_t match_id, char etag[ETAG_BYTES]) MUST_CHECK;

/* The memory in use, without the struct itself. */
size_t read_memory(const struct read *read);

/* Frees what it owns. May be called at any time. */
void read_end(struct read *read);

#endif
