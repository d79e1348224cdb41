/* A hash table from a number to a pointer. */
#include "base/map.h"

#include <stdlib.h>

#include "base/secret.h"

#define FIRST_CAPACITY 16

static size_t map_home(const struct map *map, int64_t key)
{
    return (size_t)secret_hash((uint64_t)key) & (map->capacity - 1);
}

/* The slot that holds the key, or the free one where it belongs. */
static struct map_slot *map_find(const struct map *map, int64_t key)
{
    size_t i = map_home(map, key);

    while (map->slots[i].value && map->slots[i].key != key)
        i = (i + 1) & (map->capacity - 1);
    return &map->slots[i];
}

void *map_get(const struct map *map, int64_t key)
{
    return map->capacity ? map_find(map, key)->value : NULL;
}

static bool map_grow(struct map *map)
{
    struct map bigger = {.capacity = map->capacity ? map->capacity * 2 : FIRST_CAPACITY,
                         .count = map->count};

    bigger.slots = calloc(bigger.capacity, sizeof(*bigger.slots));
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].value)
            *map_find(&bigger, map->slots[i].key) = map->slots[i];
    free(map->slots);
    *map = bigger;
    return true;
}

bool map_put(struct map *map, int64_t key, void *value)
{
    if ((map->count + 1) * 4 > map->capacity * 3 && !map_grow(map))
        return false;
    *map_find(map, key) = (struct map_slot){key, value};
    map->count++;
    return true;
}

/* What follows the hole moves back, so that no probe ever ends too early. */
void map_remove(struct map *map, int64_t key)
{
    struct map_slot *hole = map->capacity ? map_find(map, key) : NULL;
    size_t mask = map->capacity - 1, i;

    if (!hole || !hole->value)
        return;
    map->count--;
    i = (size_t)(hole - map->slots);
    for (;;) {
        size_t home, here = (size_t)(hole - map->slots);

        hole->value = NULL;
        do {
            i = (i + 1) & mask;
            if (!map->slots[i].value)
                return;
            home = map_home(map, map->slots[i].key);
        } while (((i - home) & mask) < ((i - here) & mask));
        *hole = map->slots[i];
        hole = &map->slots[i];
    }
}

void *map_next(const struct map *map, size_t *position)
{
    while (*position < map->capacity) {
        void *value = map->slots[(*position)++].value;

        if (value)
            return value;
    }
    return NULL;
}

void map_free(struct map *map)
{
    free(map->slots);
    *map = (struct map){0};
}
