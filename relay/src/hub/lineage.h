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

/* A branch that does not fit, or for which there is no memory, is left out. */
void lineage_add(struct lineage *lineage, const char *epoch, int64_t seq);

/* The last seq that the epoch shares with the current one; -1: it is not known. */
int64_t lineage_find(const struct lineage *lineage, const char *epoch);

/* Forgets all branches. */
void lineage_free(struct lineage *lineage);

#endif
