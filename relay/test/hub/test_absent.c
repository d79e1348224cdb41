/* Matches that do not exist: for how long that is known, and of how many. */
#include "unit.h"

#include "hub/absent.h"

static void it_is_known_for_a_moment(void **state)
{
    struct absent absent = {0};

    (void)state;
    assert_false(absent_has(&absent, 7, 1000));
    absent_forget(&absent, 7);
    absent_add(&absent, 7, 1000);
    assert_true(absent_has(&absent, 7, 1000));
    assert_true(absent_has(&absent, 7, 1000 + ABSENT_FOR_MS - 1));
    assert_false(absent_has(&absent, 7, 1000 + ABSENT_FOR_MS));
    assert_false(absent_has(&absent, 8, 1000));
    absent_add(&absent, 7, 5000);
    assert_true(absent_has(&absent, 7, 5001));
    absent_forget(&absent, 7);
    assert_false(absent_has(&absent, 7, 5001));
    absent_free(&absent);
}

static void it_is_known_of_the_newest_only(void **state)
{
    struct absent absent = {0};

    (void)state;
    for (int64_t match_id = 1; match_id <= 3 * ABSENT_MAX; match_id++) {
        absent_add(&absent, match_id, 1000);
        if (match_id % 3 == 0)
            absent_forget(&absent, match_id);
        assert_true(absent.by_id.count <= ABSENT_MAX);
    }
    assert_false(absent_has(&absent, 1, 1000));
    assert_false(absent_has(&absent, 3 * ABSENT_MAX, 1000));
    assert_true(absent_has(&absent, 3 * ABSENT_MAX - 1, 1000));
    assert_true(absent_has(&absent, 2 * ABSENT_MAX + 2, 1000));
    absent_free(&absent);
}

/* A place in the ring that is taken again must not take the newer note of its match with it. */
static void it_may_be_noted_again(void **state)
{
    struct absent absent = {0};

    (void)state;
    for (int64_t match_id = 1; match_id <= ABSENT_MAX; match_id++)
        absent_add(&absent, match_id, 1000);
    absent_add(&absent, 2, 2000);
    absent_add(&absent, 10 * ABSENT_MAX, 2000); /* in the place that was 2's first */
    assert_true(absent_has(&absent, 2, 2001));
    absent_free(&absent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_known_for_a_moment),
        cmocka_unit_test(it_is_known_of_the_newest_only),
        cmocka_unit_test(it_may_be_noted_again),
    };

    return UNIT_RUN(tests);
}
