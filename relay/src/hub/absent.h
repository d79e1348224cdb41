/*
 * Matches that do not exist. A viewer that asks for one of them within ABSENT_FOR_MS gets an error
 * without another read of the table. Beyond ABSENT_MAX the oldest is forgotten.
 */
#ifndef ABSENT_H
#define ABSENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

#define ABSENT_MAX 4096
#define ABSENT_FOR_MS 1500

struct absence {
    int64_t match_id;
    int64_t since_ms;
};

/* Zeroed, it is empty. */
struct absent {
    struct map by_id;
    struct absence *ring; /* NULL: none yet */
    size_t next;          /* the oldest, which is the next to be forgotten */
};

void absent_add(struct absent *absent, int64_t match_id, int64_t now_ms);
bool absent_has(const struct absent *absent, int64_t match_id, int64_t now_ms);

/* There is such a match now. */
void absent_forget(struct absent *absent, int64_t match_id);

void absent_free(struct absent *absent);

#endif
