/*
 * Where the newest lines of a match stand in its log: the seqs of its entries of op insert.
 *
 * The log holds states and corrections as well, and viewers ask for so many lines. So at
 * least the newest LINES_KEPT lines are known here, also those that are in the table only:
 * 4 to 8 KB for a match that has so many.
 */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "wire/request.h"

/* No viewer may ask for more. */
#define LINES_KEPT REQUEST_HISTORY_MAX

struct lines {
    int64_t *seqs; /* in order, the newest last */
    size_t count, capacity;
};

/* Takes a line; one that is not newer than the newest is known already. False: no memory. */
bool lines_add(struct lines *lines, int64_t seq) MUST_CHECK;

/*
 * Where a history of so many lines begins, in a log that ends before next_seq. If the match
 * has fewer lines, as many other entries before its first line make up for them.
 */
int64_t lines_first(const struct lines *lines, int64_t wanted, int64_t next_seq);

void lines_forget(struct lines *lines);

/* Memory in use. */
size_t lines_memory(const struct lines *lines);

#endif
