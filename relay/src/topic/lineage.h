/*
 * The lineage of a topic: the epochs before the current one, and for each of them the last seq
 * that it shares with the current one. A viewer that was in such an epoch and holds no entry
 * beyond that seq goes on where it was. A viewer that holds more has seen entries that were lost.
 */
#ifndef LINEAGE_H
#define LINEAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "wire/notice.h"

/* Viewers of still older epochs start afresh. The extension returns no more branches either. */
#define LINEAGE_MAX 16

/* The end of what an epoch shares with the current one. */
struct branch {
    char epoch[EPOCH_BYTES_MAX + 1];
    int64_t seq;
};

struct lineage {
    struct branch *branches; /* NULL: none */
    size_t count;
};

/* How many epochs that the relay has left are remembered; beyond it, the oldest is forgotten. */
#define LINEAGE_LEFT 8

struct left_epochs {
    char epochs[LINEAGE_LEFT][EPOCH_BYTES_MAX + 1];
    size_t next; /* the oldest of them */
};

/* Adds a branch. It is left out when there are LINEAGE_MAX already, or when memory ran out. */
void lineage_add(struct lineage *lineage, const char *epoch, int64_t seq);

/* The last seq that the epoch shares with the current one; -1: the epoch is not known. */
int64_t lineage_find(const struct lineage *lineage, const char *epoch);

/* Forgets all branches. */
void lineage_free(struct lineage *lineage);

/* The relay leaves this epoch, whose name has at most EPOCH_BYTES_MAX bytes. */
void lineage_leave(struct left_epochs *left, const char *epoch);

/* Whether the relay has left this epoch: then it is an old one. Another epoch may be a new one. */
bool lineage_has_left(const struct left_epochs *left, const char *epoch);

#endif
