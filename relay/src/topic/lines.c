/* The lines of a match, as an array that drops its older half when it is full. */
#include "topic/lines.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 16
#define MAX_CAPACITY ((size_t)2 * LINES_KEPT)

static bool lines_grow(struct lines *lines)
{
    size_t capacity = lines->capacity ? lines->capacity * 2 : FIRST_CAPACITY;
    int64_t *seqs;

    if (capacity > MAX_CAPACITY)
        capacity = MAX_CAPACITY;
    seqs = realloc(lines->seqs, capacity * sizeof(*seqs));
    if (!seqs)
        return false;
    lines->seqs = seqs;
    lines->capacity = capacity;
    return true;
}

static void lines_drop_oldest(struct lines *lines)
{
    memmove(lines->seqs, lines->seqs + lines->count - LINES_KEPT,
            LINES_KEPT * sizeof(*lines->seqs));
    lines->count = LINES_KEPT;
}

bool lines_add(struct lines *lines, int64_t seq)
{
    if (lines->count > 0 && seq <= lines->seqs[lines->count - 1])
        return true;
    if (lines->count == MAX_CAPACITY)
        lines_drop_oldest(lines);
    if (lines->count == lines->capacity && !lines_grow(lines))
        return false;
    lines->seqs[lines->count++] = seq;
    return true;
}

int64_t lines_first(const struct lines *lines, int64_t wanted, int64_t next_seq)
{
    int64_t count = (int64_t)lines->count, first = count > 0 ? lines->seqs[0] : next_seq;

    if (wanted == 0)
        return next_seq;
    if (wanted <= count)
        return lines->seqs[count - wanted];
    first -= wanted - count;
    return first > 1 ? first : 1;
}

void lines_forget(struct lines *lines)
{
    free(lines->seqs);
    *lines = (struct lines){0};
}

size_t lines_memory(const struct lines *lines)
{
    return lines->capacity * sizeof(*lines->seqs);
}
