/*
 * A read: one JSON document about a topic, for one HTTP request.
 *
 * It is a viewer like the others, that leaves when it has enough: so a topic is
 * loaded, an old page is read from the table, shared with whoever needs it too, in
 * the very same way. It is not among the hub's viewers, for it follows nothing.
 */
#ifndef READ_H
#define READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "http/etag.h"
#include "hub/hub.h"
#include "hub/viewer.h"

/* A document is ended after so much, and who asked asks on from its last entry. */
#define READ_BYTES_MAX ((size_t)1024 * 1024)

struct read_wish {
    int64_t match_id;
    bool wants_entries; /* false: the state */
    bool has_since;     /* false: the newest entries */
    int64_t since_seq;
    int limit; /* of entries, at least 1 */
};

struct read {
    struct viewer viewer;
    struct hub *hub;
    struct read_wish wish;
    struct buffer document;
    char etag[ETAG_BYTES]; /* of the document; "" for an error */
    unsigned status;       /* of HTTP; 0: not done yet */
    int entries;           /* in the document */
    int64_t head;          /* the last entry that it may hold */
    void (*on_ready)(void *context);
    void *context;
};

/*
 * Begins. It may be done on return; if it is not, on_ready is called later, from
 * within the hub, and read_go_on() has to be called soon after, not from there.
 */
void read_begin(struct read *read, struct hub *hub, const struct read_wish *wish,
                void (*on_ready)(void *context), void *context);

/* Takes what there is. True: it is done. */
bool read_go_on(struct read *read);

/* Gives up waiting: what is asked for is unavailable. */
void read_give_up(struct read *read);

/* The entity tag of what is in memory of a topic. False: nothing is. */
bool read_etag(const struct hub *hub, int64_t match_id, char etag[ETAG_BYTES]) MUST_CHECK;

/* Frees what it holds; at any time. */
void read_end(struct read *read);

#endif
