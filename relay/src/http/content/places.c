/* The places of a stream: from the route to the ids of its events. */
#include "http/content/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sse_place *find_place(const struct places *places, int64_t match_id)
{
    for (int i = 0; i < places->count; i++)
        if (places->all[i].match_id == match_id)
            return &places->all[i];
    return NULL;
}

static void set_epoch(struct places *places, const char *epoch)
{
    snprintf(places->epoch, sizeof(places->epoch), "%s", epoch);
}

bool places_make(struct places *places, const struct route *route, const char *epoch)
{
    bool is_known = strcmp(route->since_epoch, epoch) == 0;

    if (route->place_count == 0)
        return true;
    places->all = calloc((size_t)route->place_count, sizeof(*places->all));
    if (!places->all)
        return false;
    set_epoch(places, epoch);
    places->count = route->place_count;
    for (int i = 0; i < route->place_count; i++) {
        const struct route_place *asked = &route->places[i];
        int64_t since = asked->has_since ? asked->since_seq : SSE_NO_ID;

        places->all[i] = (struct sse_place){asked->match_id, is_known ? since : SSE_NO_ID, since};
    }
    return true;
}

void places_free(struct places *places)
{
    free(places->all);
    *places = (struct places){0};
}

bool places_lose(struct places *places, int64_t match_id)
{
    struct sse_place *place = find_place(places, match_id);

    if (!place || places->count == 1)
        return false;
    *place = places->all[--places->count];
    return true;
}

/* In a new epoch, the places of the client count only if the hub says `recovered`. */
static void take_epoch(struct places *places, const char *epoch)
{
    if (strcmp(places->epoch, epoch) == 0)
        return;
    set_epoch(places, epoch);
    for (int i = 0; i < places->count; i++) {
        if (places->all[i].seq != SSE_NO_ID)
            places->all[i].since = places->all[i].seq;
        places->all[i].seq = SSE_NO_ID;
    }
}

void places_add_id(struct places *places, const char *epoch, int64_t match_id, int64_t seq,
                   struct buffer *out)
{
    struct sse_place *place = find_place(places, match_id);

    take_epoch(places, epoch);
    if (!place)
        return;
    place->seq = seq == SSE_NO_ID ? place->since : seq;
    if (place->seq != SSE_NO_ID)
        sse_add_places(out, places->epoch, places->all, places->count);
}
