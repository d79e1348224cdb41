/*
 * A run: consecutive entries as one contiguous piece of bytes. Each is framed as a WebSocket
 * message already, so that any part of the run goes out with one write.
 *
 *            tail                          head        offsets only ever grow
 *             |[frame 41][frame 42][frame 43]|
 *       first_seq = 41               next_seq = 44
 *
 * A run is bounded: for an entry that does not fit, it drops the oldest entries. A viewer whose
 * cursor is below the tail is too far behind, and is closed.
 */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct run {
    uint8_t *bytes; /* from tail to head */
    size_t capacity;
    uint64_t tail, head; /* offset of the first byte kept, and after the last */
    uint64_t *starts;    /* offset of each entry kept */
    size_t starts_capacity;
    int64_t first_seq, next_seq; /* of the oldest entry kept, and of the next to come */
    size_t limit_bytes;
    uint64_t counted_from, counted_to; /* what run_entries was last asked, and answered */
    size_t counted;
};

/* An empty run whose first entry will be number 1. */
void run_init(struct run *run, size_t limit_bytes);
void run_free(struct run *run);

/* Forgets all entries: the next one is next_seq. All earlier offsets are below the tail then. */
void run_reset(struct run *run, int64_t next_seq);

/* Frees the memory and forgets all entries; next_seq stays. */
void run_give_back(struct run *run);

/*
 * Frames the body and appends it as entry next_seq. The newest entry is kept
 * even if it alone is above the limit. False when memory ran out: the entry is not in.
 */
bool run_append(struct run *run, const char *body, size_t length) MUST_CHECK;

/*
 * Memory ran out: drops the oldest entries, so that an entry of this length fits into the
 * memory that the run has. False: it would not fit into all of it.
 */
bool run_make_do(struct run *run, size_t length) MUST_CHECK;

/* Where entry seq begins, for first_seq <= seq <= next_seq. */
uint64_t run_offset(const struct run *run, int64_t seq);

/* The seq of the entry at an offset from tail to head, where an entry begins or the run ends. */
int64_t run_seq(const struct run *run, uint64_t offset);

/* The bytes at an offset, for tail <= offset <= head. */
static inline const uint8_t *run_at(const struct run *run, uint64_t offset)
{
    return run->bytes + (offset - run->tail);
}

/*
 * How many bytes to send from the offset on: as many whole entries as fit into max_bytes,
 * but at least one. A message is never cut, because other frames may go out between two
 * calls.
 */
size_t run_span(const struct run *run, uint64_t offset, size_t max_bytes);

/* Counts anew: see run_entries. */
void run_count_entries(struct run *run, uint64_t from, uint64_t to);

/*
 * How many entries there are from one offset to another, both between tail and head.
 * A crowd of viewers asks for the same bytes: they are counted once, for the first viewer.
 */
static inline size_t run_entries(struct run *run, uint64_t from, uint64_t to)
{
    if (from != run->counted_from || to != run->counted_to)
        run_count_entries(run, from, to);
    return run->counted;
}

/* Memory in use. */
size_t run_memory(const struct run *run);

#endif
