/* A run of framed entries. */
#include "wire/run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "wire/frame.h"

#define FIRST_BYTES 1024
#define FIRST_STARTS 8

void run_init(struct run *run, size_t limit_bytes)
{
    *run = (struct run){.first_seq = 1, .next_seq = 1, .limit_bytes = limit_bytes};
}

void run_free(struct run *run)
{
    free(run->bytes);
    free(run->starts);
    *run = (struct run){.first_seq = 1, .next_seq = 1};
}

/* The tail moves past the old head, so that a cursor at the old head has fallen off too. */
void run_reset(struct run *run, int64_t next_seq)
{
    run->head++;
    run->tail = run->head;
    run->first_seq = run->next_seq = next_seq;
}

void run_give_back(struct run *run)
{
    free(run->bytes);
    free(run->starts);
    run->bytes = NULL;
    run->starts = NULL;
    run->capacity = run->starts_capacity = 0;
    run->tail = run->head;
    run->first_seq = run->next_seq;
    run->counted = 0;
    run->counted_from = run->counted_to = run->head;
}

static size_t run_count(const struct run *run)
{
    return (size_t)(run->next_seq - run->first_seq);
}

/* Index of the first entry that starts at or after the offset; the count if none does. */
static size_t run_index_at(const struct run *run, uint64_t offset)
{
    size_t low = 0, high = run_count(run);

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (run->starts[middle] < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Drops entries until it fits into `room`, at least a quarter, so that moves are rare. */
static void run_drop_oldest(struct run *run, size_t need, size_t room)
{
    size_t used = (size_t)(run->head - run->tail), count = run_count(run), drop;
    size_t excess = used + need > room ? used + need - room : 0;

    if (excess < room / 4)
        excess = room / 4;
    drop = run_index_at(run, run->tail + excess);
    run->tail = drop < count ? run->starts[drop] : run->head;
    run->first_seq += (int64_t)drop;
    memmove(run->bytes, run->bytes + (used - (run->head - run->tail)), run->head - run->tail);
    memmove(run->starts, run->starts + drop, (count - drop) * sizeof(*run->starts));
}

static bool run_grow(struct run *run, size_t need)
{
    size_t used = (size_t)(run->head - run->tail);
    size_t capacity = run->capacity ? run->capacity : FIRST_BYTES;
    uint8_t *bytes;

    while (capacity < used + need)
        capacity *= 2;
    if (capacity > run->limit_bytes)
        capacity = used + need > run->limit_bytes ? used + need : run->limit_bytes;
    bytes = realloc(run->bytes, capacity);
    if (!bytes)
        return false;
    run->bytes = bytes;
    run->capacity = capacity;
    return true;
}

static bool run_make_room(struct run *run, size_t need)
{
    if (run->head - run->tail + need <= run->capacity)
        return true;
    if (run->head - run->tail + need > run->limit_bytes && run->head > run->tail)
        run_drop_oldest(run, need, run->limit_bytes);
    return run->head - run->tail + need <= run->capacity || run_grow(run, need);
}

static bool run_make_start(struct run *run)
{
    size_t capacity = run->starts_capacity ? run->starts_capacity * 2 : FIRST_STARTS;
    uint64_t *starts;

    if (run_count(run) < run->starts_capacity)
        return true;
    starts = realloc(run->starts, capacity * sizeof(*starts));
    if (!starts)
        return false;
    run->starts = starts;
    run->starts_capacity = capacity;
    return true;
}

bool run_append(struct run *run, const char *body, size_t length)
{
    size_t need = frame_header_length(length) + length;
    uint8_t *out;

    if (!run_make_start(run) || !run_make_room(run, need))
        return false;
    out = run->bytes + (run->head - run->tail);
    out += frame_put_header(out, FRAME_TEXT, length);
    memcpy(out, body, length);
    run->starts[run_count(run)] = run->head;
    run->head += need;
    run->next_seq++;
    return true;
}

bool run_make_do(struct run *run, size_t length)
{
    size_t need = frame_header_length(length) + length;

    if (run->head == run->tail || need > run->capacity)
        return false;
    run_drop_oldest(run, need, run->capacity);
    return true;
}

uint64_t run_offset(const struct run *run, int64_t seq)
{
    assert(seq >= run->first_seq && seq <= run->next_seq);
    return seq == run->next_seq ? run->head : run->starts[seq - run->first_seq];
}

int64_t run_seq(const struct run *run, uint64_t offset)
{
    assert(offset >= run->tail && offset <= run->head);
    return run->first_seq + (int64_t)run_index_at(run, offset);
}

size_t run_span(const struct run *run, uint64_t offset, size_t max_bytes)
{
    size_t all = (size_t)(run->head - offset), next;

    if (all <= max_bytes)
        return all;
    next = run_index_at(run, offset + max_bytes + 1) - 1; /* the last start within max_bytes */
    if (run->starts[next] > offset)
        return (size_t)(run->starts[next] - offset);
    next++;
    return next < run_count(run) ? (size_t)(run->starts[next] - offset) : all;
}

void run_count_entries(struct run *run, uint64_t from, uint64_t to)
{
    run->counted = run_index_at(run, to) - run_index_at(run, from);
    run->counted_from = from;
    run->counted_to = to;
}

size_t run_memory(const struct run *run)
{
    return run->capacity + run->starts_capacity * sizeof(*run->starts);
}
