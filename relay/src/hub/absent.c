/* Matches that do not exist: a ring, and a table of what is in it. */
#include "hub/absent.h"

#include <stdlib.h>

void absent_forget(struct absent *absent, int64_t match_id)
{
    map_remove(&absent->by_id, match_id);
}

/* Without memory nothing is noted, and the table is asked again. */
void absent_add(struct absent *absent, int64_t match_id, int64_t now_ms)
{
    struct absence *absence;

    if (!absent->ring)
        absent->ring = calloc(ABSENT_MAX, sizeof(*absent->ring));
    if (!absent->ring)
        return;
    absent_forget(absent, match_id);
    absence = &absent->ring[absent->next];
    absent->next = (absent->next + 1) % ABSENT_MAX;
    if (map_get(&absent->by_id, absence->match_id) == absence)
        absent_forget(absent, absence->match_id);
    *absence = (struct absence){match_id, now_ms};
    if (!map_put(&absent->by_id, match_id, absence))
        absence->match_id = 0;
}

bool absent_has(const struct absent *absent, int64_t match_id, int64_t now_ms)
{
    const struct absence *absence = map_get(&absent->by_id, match_id);

    return absence && now_ms - absence->since_ms < ABSENT_FOR_MS;
}

void absent_free(struct absent *absent)
{
    map_free(&absent->by_id);
    free(absent->ring);
    absent->ring = NULL;
}
