/*
 * The parameters of a list of matches: below which number, of which statuses, of which
 * competition, and how many. A request over HTTP has them, the query of the database, and the
 * question of an edge to the relay that it follows.
 */
#ifndef WIRE_LISTING_H
#define WIRE_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"

/* Matches of one page. */
#define LISTING_ROWS_MAX 100
/* No competition of the extension has a longer name. */
#define LISTING_COMPETITION_BYTES 200

struct listing_wish {
    int64_t before;    /* only matches with a smaller number; 0: from the newest on */
    unsigned statuses; /* a bit for each; 0: all */
    int rows;          /* 1 … LISTING_ROWS_MAX */
    char competition[LISTING_COMPETITION_BYTES + 1]; /* "": all */
};

/* Adds statuses with commas between them. False: one is unknown, or there is none. */
bool listing_take_statuses(struct listing_wish *wish, const char *text, size_t length) MUST_CHECK;

/* Appends the statuses in the same form. */
void listing_write_statuses(struct buffer *out, const struct listing_wish *wish);

/* Sets the competition. False: no match can have this name (it is empty, too long, not UTF-8, or
   has control characters). */
bool listing_take_competition(struct listing_wish *wish, const char *text,
                              size_t length) MUST_CHECK;

bool listing_is_same(const struct listing_wish *one, const struct listing_wish *other);

/* A hash with a secret, because clients choose the names. */
uint64_t listing_hash(const struct listing_wish *wish);

#endif
