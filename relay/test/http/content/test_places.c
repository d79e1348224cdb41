/* Places: every match of a stream is named in its ids as soon as it has a place. */
#include "unit.h"

#include <stdio.h>

#include "http/content/places.h"

static struct places places;
static struct buffer out;

static void make(const struct route *route)
{
    places = (struct places){0};
    assert_true(places_make(&places, route, "e1"));
}

/* Of the matches 7 and 9, resumed in that epoch. */
static void make_two(const char *since_epoch)
{
    struct route route = {.place_count = 2, .places = {{7, true, 58}, {9, true, 12}}};

    snprintf(route.since_epoch, sizeof(route.since_epoch), "%s", since_epoch);
    make(&route);
}

/* The id of an event: the stream stands there in that match of the epoch. */
static void id(const char *epoch, int64_t match_id, int64_t seq, const char *expected)
{
    buffer_clear(&out);
    places_add_id(&places, epoch, match_id, seq, &out);
    buffer_add(&out, "", 1);
    assert_string_equal((char *)out.bytes, expected);
}

static int end(void **state)
{
    (void)state;
    places_free(&places);
    buffer_free(&out);
    return 0;
}

static void one_match_has_no_place(void **state)
{
    (void)state;
    make(&(struct route){.match_id = 7});
    assert_null(places.all);
    assert_false(places_lose(&places, 7));
}

static void a_match_is_named_when_it_has_a_place(void **state)
{
    (void)state;
    make(&(struct route){.place_count = 3, .places = {{7}, {0}, {9}}});
    id("e1", 7, SSE_NO_ID, "");
    id("e1", 7, 3, "id: e1:7=3\n");
    id("e1", 0, 12, "id: e1:7=3,lobby=12\n");
    id("e1", 8, 1, "");
    id("e1", 9, 0, "id: e1:7=3,lobby=12,9=0\n");
}

static void what_is_resumed_is_named_from_the_first_event_on(void **state)
{
    (void)state;
    make_two("e1");
    id("e1", 9, SSE_NO_ID, "id: e1:7=58,9=12\n");
    id("e1", 9, 13, "id: e1:7=58,9=13\n");
}

static void a_place_of_another_epoch_counts_when_the_hub_says_so(void **state)
{
    (void)state;
    make_two("e0");
    id("e1", 9, 2, "id: e1:9=2\n");
    id("e1", 7, SSE_NO_ID, "id: e1:7=58,9=2\n");
    id("e2", 9, 3, "id: e2:9=3\n");
    id("e2", 7, SSE_NO_ID, "id: e2:7=58,9=3\n");
}

static void all_but_the_last_match_may_be_lost(void **state)
{
    (void)state;
    make_two("e1");
    assert_false(places_lose(&places, 8));
    assert_true(places_lose(&places, 7));
    id("e1", 9, 13, "id: e1:9=13\n");
    assert_false(places_lose(&places, 9));
    id("e1", 9, 14, "id: e1:9=14\n");
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_match_has_no_place),
        TEST(a_match_is_named_when_it_has_a_place),
        TEST(what_is_resumed_is_named_from_the_first_event_on),
        TEST(a_place_of_another_epoch_counts_when_the_hub_says_so),
        TEST(all_but_the_last_match_may_be_lost),
    };

    return UNIT_RUN(tests);
}
