/*
 * The lineage of a topic: the epochs before the current one, and up to which seq the history
 * of each is that of the current one as well. A viewer that was in such an epoch and holds no
 * more than that goes on where it was; a viewer that holds more has seen what was lost.
 */
#ifndef LINEAGE_H
#define LINEAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "wire/notice.h"

/* Beyond it, viewers of older epochs start afresh. The extension tells no more either. */
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

/* Epochs that the relay was in before; beyond it, the oldest is forgotten. */
#define LINEAGE_LEFT 8

struct left_epochs {
    char epochs[LINEAGE_LEFT][EPOCH_BYTES_MAX + 1];
    size_t next; /* the oldest of them */
};

/* A branch that does not fit, or for which there is no memory, is left out. */
void lineage_add(struct lineage *lineage, const char *epoch, int64_t seq);

/* The last seq that the epoch shares with the current one; -1: it is not known. */
int64_t lineage_find(const struct lineage *lineage, const char *epoch);

/* Forgets all branches. */
void lineage_free(struct lineage *lineage);

/* The relay leaves this epoch, which is not longer than EPOCH_BYTES_MAX. */
void lineage_leave(struct left_epochs *left, const char *epoch);

/* Has it left this one? Then what is in it is of the past; any other may still come. */
bool lineage_has_left(const struct left_epochs *left, const char *epoch);

#endif
