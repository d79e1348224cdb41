/* Whose read is next: one address that wants much costs the others little. */
#include "hub_scene.h"

#include "hub/wants.h"

#define GREEDY 3
#define MODEST 9

static void want(int64_t match_id, uint8_t lane)
{
    struct topic *topic = topics_make(&hub, match_id);

    assert_non_null(topic);
    topics_want_for(&hub, topic, WANT_LOAD, lane);
}

/* The next to be read. */
static int64_t take(void)
{
    struct topic *topic = wants_first(&hub.wanted[WANT_LOAD]);

    if (!topic)
        return 0;
    topics_unwant(&hub, topic, WANT_LOAD);
    return topic->match_id;
}

static void lanes_take_turns(void **state)
{
    (void)state;
    for (int64_t match_id = 1; match_id <= 1000; match_id++)
        want(match_id, GREEDY);
    assert_int_equal(take(), 1);
    want(2001, MODEST);
    want(2002, MODEST);
    assert_int_equal(take(), 2001);
    assert_int_equal(take(), 2);
    assert_int_equal(take(), 2002);
    for (int64_t match_id = 3; match_id <= 1000; match_id++)
        assert_int_equal(take(), match_id);
    assert_int_equal(take(), 0);
}

static void a_match_that_two_want_goes_where_it_waits_less(void **state)
{
    (void)state;
    for (int64_t match_id = 1; match_id <= 1000; match_id++)
        want(match_id, GREEDY);
    want(1000, MODEST);
    want(1000, GREEDY); /* not back */
    assert_int_equal(take(), 1);
    assert_int_equal(take(), 1000);
    assert_int_equal(take(), 2);
    assert_int_equal(hub.wanted[WANT_LOAD].count, 997);
}

static void no_address_has_the_lane_of_the_relay(void **state)
{
    int lanes[WANTS_LANES] = {0};

    (void)state;
    for (int64_t address = 0; address < 10000; address++)
        lanes[wants_lane(address)]++;
    assert_int_equal(lanes[WANTS_OURS], 0);
    for (int lane = 1; lane < WANTS_LANES; lane++)
        assert_true(lanes[lane] >= 1 && lanes[lane] <= 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lanes_take_turns),
        TEST(a_match_that_two_want_goes_where_it_waits_less),
        TEST(no_address_has_the_lane_of_the_relay),
    };

    return UNIT_RUN(tests);
}
