/*
 * A read: one JSON document about a topic, or a list of matches, for one HTTP request.
 *
 * A read is a viewer that leaves when it has enough entries. So the hub loads topics and reads
 * history for it, and shares both with other viewers. It is in no list of viewers of the hub,
 * because it is sent no `live` and `stale`. For a list of matches it waits for a listing instead.
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

/* A document ends after so many bytes, and the client asks again from its last entry. */
#define READ_BYTES_MAX ((size_t)1024 * 1024)

struct read_wish {
    int64_t match_id;
    bool wants_entries; /* false: the state */
    bool is_page;       /* the state and the entries, for page.h */
    bool is_list;       /* matches, by `listing`, and nothing else */
    struct listing_wish listing;
    bool has_since; /* false: the newest entries */
    int64_t since_seq;
    char since_epoch[REQUEST_EPOCH_MAX + 1]; /* "": that of now, whichever it is */
    int64_t before_seq;                      /* only what is before that; 0: all */
    int limit;                               /* of lines, at least 1 */
};

struct read {
    struct viewer viewer;
    struct hub *hub;
    struct read_wish wish;
    struct buffer document;
    char etag[ETAG_BYTES];         /* of the document; "" for an error */
    unsigned status;               /* of HTTP; 0: not done yet */
    int entries, lines;            /* in the document */
    int64_t head;                  /* of the topic, when the document was begun */
    int64_t last;                  /* the last entry that it may hold */
    struct back back;              /* before_seq without since_seq */
    struct listing_client listing; /* is_list */
    char back_epoch[EPOCH_BYTES_MAX + 1];
    uint8_t lane;
    bool is_joining; /* `subscribed` answers us, and does not come unasked */
    bool must_join;  /* another piece has to be read */
    void (*on_ready)(void *context);
    void *context;
};

/*
 * Begins. It may be done on return; if it is not, on_ready is called later, from
 * within the hub, and read_go_on() has to be called soon after, not from there.
 */
void read_begin(struct read *read, struct hub *hub, const struct read_wish *wish, uint8_t lane,
                void (*on_ready)(void *context), void *context);

/* Takes the entries that there are. True: the document is done. */
bool read_go_on(struct read *read);

/* Gives up waiting: answers that the topic is unavailable. */
void read_give_up(struct read *read);

/* Whether both are for the same document. */
bool read_is_same(const struct read_wish *one, const struct read_wish *other);

/* The entity tag of a topic in memory. False: it is not in memory, or not fresh. */
bool read_etag(const struct hub *hub, int64_t match_id, char etag[ETAG_BYTES]) MUST_CHECK;

/* Memory in use, but for itself. */
size_t read_memory(const struct read *read);

/* Frees what it holds; at any time. */
void read_end(struct read *read);

#endif
