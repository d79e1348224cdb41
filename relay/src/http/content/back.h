/*
 * Reading backwards: the newest lines before a place in the log, and all other entries from the
 * first of these lines up to that place.
 *
 * Only the seqs of the newest lines are known (topic/lines.h). So entries are read in pieces, each
 * before the last one, until there are enough lines, or the document is full. Then the oldest
 * entries are left out, and the client asks again for the entries before the first one that it got.
 * A piece has at least one entry, so that the client reaches the beginning.
 *
 *              from        to                     place
 *     ...........[  piece  ][        later         |........
 */
#ifndef BACK_H
#define BACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "wire/frame.h"
#include "wire/run.h"

struct back {
    struct run piece;   /* the entries that are being read */
    struct run later;   /* those that were read before */
    int64_t from, to;   /* the first and the last seq of the piece */
    int64_t lines;      /* how many lines the client wants */
    size_t limit_bytes; /* of each of the two runs */
    bool is_full;       /* no more entries fit into the document */
};

/* Afterwards the piece `from` … `to` has to be read; nothing if `to` is less than `from`. */
void back_begin(struct back *back, int64_t before_seq, int64_t lines, size_t limit_bytes);

/*
 * Takes the next entry of the piece. False: memory ran out. If the entries are so large that the
 * piece does not fit, the piece becomes shorter and has to be read again; then `from` has changed.
 */
bool back_add(struct back *back, struct span text, int64_t seq) MUST_CHECK;

/* Call it when the piece is whole. *is_done: nothing more is to be read. False: memory ran out. */
bool back_end_piece(struct back *back, bool *is_done) MUST_CHECK;

/* Adds the entries, from the first wanted line on, as elements of a JSON array. */
void back_write(const struct back *back, struct buffer *out);

size_t back_memory(const struct back *back);
void back_free(struct back *back);

#endif
