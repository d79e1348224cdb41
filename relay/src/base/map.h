/*
 * A hash table from a number to a pointer: open addressing, linear probing. The hash is
 * secret, because strangers choose the keys: see secret.h.
 *
 * The map does not own the values.
 */
#ifndef MAP_H
#define MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct map_slot {
    int64_t key;
    void *value; /* NULL: the slot is free */
};

struct map {
    struct map_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

/* NULL when the key is not there. */
void *map_get(const struct map *map, int64_t key);

/* The key must not be there yet, the value not NULL. False when memory ran out. */
bool map_put(struct map *map, int64_t key, void *value) MUST_CHECK;

/* Does nothing when the key is not there. */
void map_remove(struct map *map, int64_t key);

/* The next value at or after *position; moves *position past it. NULL at the end. */
void *map_next(const struct map *map, size_t *position);

void map_free(struct map *map);

#endif
