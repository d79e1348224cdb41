/*
 * The lines of a match: the seqs of its newest entries of op insert.
 *
 * The log holds states and corrections as well, but viewers ask for a number of lines. So the
 * seqs of at least the newest LINES_KEPT lines are kept here, also of lines that are only in the
 * table: 4 to 8 KB for a match with so many lines.
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

/* Adds a line, unless it is not newer than the newest one. False: memory ran out. */
bool lines_add(struct lines *lines, int64_t seq) MUST_CHECK;

/*
 * The seq at which a history of `wanted` lines begins, in a log that ends before next_seq. If the
 * match has fewer lines, the history begins as many entries before its first line as there are
 * lines too few; 1 at the earliest.
 */
int64_t lines_first(const struct lines *lines, int64_t wanted, int64_t next_seq);

/* Frees the array; the lines are empty then. */
void lines_forget(struct lines *lines);

/* Memory in use, in bytes. */
size_t lines_memory(const struct lines *lines);

#endif
