/* Listings: what waits, in lanes that take turns, and what is being read. */
#include "hub/listing.h"

#include <stdlib.h>

/* For clients that cannot have one: the source is away, or memory ran out. */
static const struct listing no_listing = {.outcome = LISTING_BROKEN};

void listings_init(struct listings *listings)
{
    *listings = (struct listings){.is_away = true};
    for (int lane = 0; lane < WANTS_LANES; lane++)
        TAILQ_INIT(&listings->lanes[lane]);
    for (int i = 0; i < LISTING_QUEUES; i++)
        LIST_INIT(&listings->by_hash[i]);
}

static struct listing_set *set_of(struct listings *listings, const struct listing_wish *wish)
{
    return &listings->by_hash[listing_hash(wish) % LISTING_QUEUES];
}

static struct listing *find_waiting(struct listings *listings, const struct listing_wish *wish)
{
    struct listing *listing;

    LIST_FOREACH (listing, set_of(listings, wish), same_link)
        if (listing_is_same(&listing->wish, wish))
            return listing;
    return NULL;
}

/* ---- lanes ---- */

static void wait_in_lane(struct listings *listings, struct listing *listing, bool is_first)
{
    struct listing_queue *lane = &listings->lanes[listing->lane];

    if (is_first)
        TAILQ_INSERT_HEAD(lane, listing, link);
    else
        TAILQ_INSERT_TAIL(lane, listing, link);
    listings->counts[listing->lane]++;
    listings->count++;
    listing->is_waiting = true;
    LIST_INSERT_HEAD(set_of(listings, &listing->wish), listing, same_link);
}

static void wait_no_more(struct listings *listings, struct listing *listing)
{
    TAILQ_REMOVE(&listings->lanes[listing->lane], listing, link);
    listings->counts[listing->lane]--;
    listings->count--;
    listing->is_waiting = false;
    LIST_REMOVE(listing, same_link);
}

/* A client of another lane wants it as well: it moves to that lane if that is shorter. */
static void share(struct listings *listings, struct listing *listing, uint8_t lane)
{
    if (listings->counts[lane] >= listings->counts[listing->lane])
        return;
    wait_no_more(listings, listing);
    listing->lane = lane;
    wait_in_lane(listings, listing, false);
}

/* ---- clients ---- */

static void listing_free(struct listing *listing)
{
    buffer_free(&listing->states);
    free(listing);
}

static struct listing *listing_new(struct listings *listings, const struct listing_wish *wish,
                                   uint8_t lane)
{
    struct listing *listing = calloc(1, sizeof(*listing));

    if (!listing)
        return NULL;
    listing->wish = *wish;
    listing->lane = lane;
    LIST_INIT(&listing->clients);
    wait_in_lane(listings, listing, false);
    return listing;
}

void listing_ask(struct listings *listings, struct listing_client *client,
                 const struct listing_wish *wish, uint8_t lane)
{
    struct listing *listing = find_waiting(listings, wish);

    if (listing)
        share(listings, listing, lane);
    else if (!listings->is_away)
        listing = listing_new(listings, wish, lane);
    client->listing = listing;
    if (listing)
        LIST_INSERT_HEAD(&listing->clients, client, link);
    else
        client->on_done(client->context, &no_listing);
}

/* A listing that is being read goes on without clients: only the source can end it. */
void listing_leave(struct listings *listings, struct listing_client *client)
{
    struct listing *listing = client->listing;

    if (!listing)
        return;
    LIST_REMOVE(client, link);
    client->listing = NULL;
    if (!LIST_EMPTY(&listing->clients) || !listing->is_waiting)
        return;
    wait_no_more(listings, listing);
    listing_free(listing);
}

static void tell_clients(struct listing *listing, enum listing_outcome outcome)
{
    struct listing_client *client;

    listing->outcome = listing->states.is_broken ? LISTING_BROKEN : outcome;
    while ((client = LIST_FIRST(&listing->clients))) {
        LIST_REMOVE(client, link);
        client->listing = NULL;
        client->on_done(client->context, listing);
    }
    listing_free(listing);
}

/* ---- the source ---- */

static struct listing *take_next(struct listings *listings)
{
    struct listing *listing;

    if (listings->count == 0)
        return NULL;
    while (listings->counts[listings->turn] == 0)
        listings->turn = (uint8_t)((listings->turn + 1) % WANTS_LANES);
    listing = TAILQ_FIRST(&listings->lanes[listings->turn]);
    listings->turn = (uint8_t)((listings->turn + 1) % WANTS_LANES);
    wait_no_more(listings, listing);
    return listing;
}

void listings_finish_all(struct listings *listings, enum listing_outcome outcome)
{
    struct listing *listing;

    while ((listing = take_next(listings)))
        tell_clients(listing, outcome);
}

void listings_set_away(struct listings *listings, bool is_away)
{
    listings->is_away = is_away;
    if (is_away)
        listings_finish_all(listings, LISTING_BROKEN);
}

void listings_free(struct listings *listings)
{
    listings->is_away = true;
    if (listings->reading)
        listing_again(listings);
    listings_finish_all(listings, LISTING_BROKEN);
}

const struct listing *listing_take(struct listings *listings)
{
    listings->reading = take_next(listings);
    if (listings->reading)
        listings->reading->rows = listings->rows;
    return listings->reading;
}

bool listing_is_unwanted(const struct listings *listings)
{
    return listings->reading && LIST_EMPTY(&listings->reading->clients);
}

static bool has_room(const struct listing *listing, size_t length)
{
    return listing->taken < listing->wish.rows &&
           (listing->count == 0 || listing->states.length + length <= LISTING_BYTES_MAX);
}

void listing_add(struct listings *listings, int64_t match_id, const char *state, size_t length)
{
    struct listing *listing = listings->reading;
    int64_t before = listing->last ? listing->last : listing->wish.before;

    if (listing->is_full || match_id < 1 || (before && match_id >= before))
        return;
    if (!has_room(listing, length)) {
        listing->is_full = true;
        listing->next = listing->last;
        return;
    }
    listing->taken++;
    listing->last = match_id;
    if (!state)
        return;
    buffer_add(&listing->states, state, length);
    listings->rows[listing->count++] = (struct listing_row){match_id, length};
}

/* `next` falls from page to page, whatever the source says, so that a client comes to an end. */
void listing_set_next(struct listings *listings, int64_t next)
{
    struct listing *listing = listings->reading;

    if (listing->is_full)
        return;
    if (listing->last && next > listing->last)
        next = listing->last;
    if (!listing->wish.before || next < listing->wish.before)
        listing->next = next;
}

void listing_finish(struct listings *listings, enum listing_outcome outcome)
{
    struct listing *listing = listings->reading;

    listings->reading = NULL;
    tell_clients(listing, outcome);
}

void listing_again(struct listings *listings)
{
    struct listing *listing = listings->reading;

    if (listings->is_away) {
        listing_finish(listings, LISTING_BROKEN);
        return;
    }
    listings->reading = NULL;
    buffer_free(&listing->states);
    listing->count = listing->taken = 0;
    listing->last = listing->next = 0;
    listing->is_full = false;
    if (LIST_EMPTY(&listing->clients))
        listing_free(listing);
    else
        wait_in_lane(listings, listing, true);
}
