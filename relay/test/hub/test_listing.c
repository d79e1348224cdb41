/* Listings: read once for all who want the same, in turns, and never without an end. */
#include "hub_scene.h"

#include "hub/listing.h"

#define GREEDY 3
#define MODEST 9

struct asker {
    struct listing_client client;
    struct listing_wish wish;
    enum listing_outcome outcome;
    int64_t next;
    int count, answers;
    char states[256];
};

static struct listings *listings = &hub.listings;

static void on_done(void *context, const struct listing *listing)
{
    struct asker *asker = context;

    asker->answers++;
    asker->outcome = listing->outcome;
    asker->next = listing->next;
    asker->count = listing->count;
    assert_true(listing->states.length < sizeof(asker->states) || listing->count <= 2);
    if (listing->states.length < sizeof(asker->states) && listing->states.length > 0)
        memcpy(asker->states, listing->states.bytes, listing->states.length);
}

static void ask(struct asker *asker, int64_t before, int rows, uint8_t lane)
{
    *asker = (struct asker){.wish = {.before = before, .rows = rows},
                            .client = {.on_done = on_done, .context = asker}};
    listing_ask(listings, &asker->client, &asker->wish, lane);
}

static void add(int64_t match_id)
{
    char state[32];

    listing_add(listings, match_id, state,
                (size_t)snprintf(state, sizeof(state), "{%d}", (int)match_id));
}

/* The next that is read is that before this match. */
static void takes(int64_t before)
{
    const struct listing *listing = listing_take(listings);

    assert_non_null(listing);
    assert_int_equal(listing->wish.before, before);
}

static void answered(const struct asker *asker, const char *states, int64_t next)
{
    assert_int_equal(asker->answers, 1);
    assert_int_equal(asker->outcome, LISTING_WHOLE);
    assert_string_equal(asker->states, states);
    assert_int_equal(asker->next, next);
}

static void a_herd_is_one_reading(void **state)
{
    enum { HERD = 1000 };
    static struct asker herd[HERD], other;

    (void)state;
    for (int i = 0; i < HERD; i++)
        ask(&herd[i], 0, 2, (uint8_t)(1 + i % 63));
    assert_int_equal(listings->count, 1);
    takes(0);
    ask(&other, 0, 2, GREEDY); /* it came too late for that */
    add(9);
    add(7);
    add(5); /* one more than was wanted: there is another page */
    add(3);
    listing_finish(listings, LISTING_WHOLE);
    for (int i = 0; i < HERD; i++)
        answered(&herd[i], "{9}{7}", 7);
    assert_int_equal(other.answers, 0);
    takes(0);
    add(9);
    listing_finish(listings, LISTING_WHOLE);
    answered(&other, "{9}", 0);
    assert_null(listing_take(listings));
}

static void rows_that_do_not_fall_are_left_out(void **state)
{
    static struct asker asker;

    (void)state;
    ask(&asker, 100, 100, GREEDY);
    takes(100);
    add(100);
    add(9);
    add(9);
    add(20);
    add(0);
    add(-1);
    listing_add(listings, 8, NULL, 0); /* it has no state yet */
    add(7);
    listing_finish(listings, LISTING_WHOLE);
    answered(&asker, "{9}{7}", 0);
}

/* Otherwise a client would read the same pages for ever. */
static void the_next_page_is_always_further_down(void **state)
{
    static struct asker asker;

    (void)state;
    ask(&asker, 100, 50, GREEDY);
    takes(100);
    add(9);
    listing_set_next(listings, 50);
    add(7); /* what follows a first piece belongs to it as well */
    listing_set_next(listings, 50);
    listing_finish(listings, LISTING_WHOLE);
    answered(&asker, "{9}{7}", 7);
    ask(&asker, 100, 50, GREEDY);
    takes(100);
    listing_set_next(listings, 100);
    listing_finish(listings, LISTING_WHOLE);
    answered(&asker, "", 0);
    ask(&asker, 0, 50, GREEDY);
    takes(0);
    listing_set_next(listings, 40); /* none of these has a state yet */
    listing_finish(listings, LISTING_WHOLE);
    answered(&asker, "", 40);
}

static void a_page_is_bounded(void **state)
{
    static struct asker asker;
    char *state_of_match = calloc(1, LISTING_BYTES_MAX + 1);

    (void)state;
    assert_non_null(state_of_match);
    ask(&asker, 0, 100, GREEDY);
    takes(0);
    listing_add(listings, 9, state_of_match, LISTING_BYTES_MAX + 1); /* one comes in any case */
    listing_add(listings, 8, state_of_match, 1);
    listing_add(listings, 7, state_of_match, 1);
    listing_finish(listings, LISTING_WHOLE);
    assert_int_equal(asker.count, 1);
    assert_int_equal(asker.next, 9);
    ask(&asker, 0, 100, GREEDY);
    takes(0);
    listing_add(listings, 9, state_of_match, LISTING_BYTES_MAX - 1);
    listing_add(listings, 8, state_of_match, 1);
    listing_add(listings, 7, state_of_match, 1);
    listing_finish(listings, LISTING_WHOLE);
    assert_int_equal(asker.count, 2);
    assert_int_equal(asker.next, 8);
    free(state_of_match);
}

static void lanes_take_turns(void **state)
{
    static struct asker many[100], modest, shared;

    (void)state;
    for (int i = 0; i < 100; i++)
        ask(&many[i], 1000 + i, 50, GREEDY);
    ask(&modest, 7, 50, MODEST);
    ask(&shared, 1099, 50, MODEST); /* so it waits less */
    takes(1000);
    listing_finish(listings, LISTING_BROKEN);
    takes(7);
    listing_finish(listings, LISTING_BROKEN);
    takes(1001);
    listing_finish(listings, LISTING_BROKEN);
    takes(1099);
    listing_finish(listings, LISTING_BROKEN);
    assert_int_equal(shared.answers + many[99].answers, 2);
    listings_finish_all(listings, LISTING_UNKNOWN);
    assert_int_equal(many[50].outcome, LISTING_UNKNOWN);
    assert_int_equal(listings->count, 0);
}

static void a_listing_that_nobody_waits_for_is_not_read(void **state)
{
    static struct asker one, other;

    (void)state;
    ask(&one, 7, 50, GREEDY);
    ask(&other, 7, 50, GREEDY);
    listing_leave(listings, &one.client);
    assert_int_equal(listings->count, 1);
    takes(7);
    assert_false(listing_is_unwanted(listings));
    listing_leave(listings, &other.client); /* what is being read goes on */
    assert_true(listing_is_unwanted(listings));
    add(5);
    listing_finish(listings, LISTING_WHOLE);
    ask(&one, 7, 50, GREEDY);
    listing_leave(listings, &one.client);
    listing_leave(listings, &one.client);
    assert_null(listing_take(listings));
    assert_int_equal(one.answers + other.answers, 0);
}

static void a_reading_that_is_cut_off_begins_anew(void **state)
{
    static struct asker asker;

    (void)state;
    ask(&asker, 0, 2, GREEDY);
    takes(0);
    for (int64_t match_id = 50; match_id > 45; match_id--)
        add(match_id);
    listing_again(listings);
    assert_int_equal(asker.answers, 0);
    takes(0);
    add(60);
    listing_finish(listings, LISTING_WHOLE);
    answered(&asker, "{60}", 0);
    ask(&asker, 7, 50, GREEDY);
    takes(7);
    listing_leave(listings, &asker.client);
    listing_again(listings);
    assert_null(listing_take(listings));
}

static void without_a_source_all_are_told(void **state)
{
    static struct asker asker, other;

    (void)state;
    ask(&asker, 0, 50, GREEDY);
    ask(&other, 7, 50, GREEDY);
    takes(0);
    hub_set_feed(&hub, HUB_AWAY);
    assert_int_equal(other.outcome, LISTING_BROKEN);
    assert_int_equal(asker.answers, 0);
    listing_again(listings);
    assert_int_equal(asker.outcome, LISTING_BROKEN);
    ask(&asker, 0, 50, GREEDY);
    assert_int_equal(asker.answers, 1);
    assert_int_equal(asker.outcome, LISTING_BROKEN);
    hub_set_feed(&hub, HUB_TRYING); /* that is worth waiting for */
    ask(&asker, 0, 50, GREEDY);
    assert_int_equal(asker.answers, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_herd_is_one_reading),
        TEST(rows_that_do_not_fall_are_left_out),
        TEST(the_next_page_is_always_further_down),
        TEST(a_page_is_bounded),
        TEST(lanes_take_turns),
        TEST(a_listing_that_nobody_waits_for_is_not_read),
        TEST(a_reading_that_is_cut_off_begins_anew),
        TEST(without_a_source_all_are_told),
    };

    return UNIT_RUN(tests);
}
