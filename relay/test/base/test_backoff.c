/* Backoff: the range doubles up to the cap, and the wait is anywhere within it. */
#include "unit.h"

#include "base/backoff.h"

/* A random number that is as large as the range gives the longest wait of it. */
static void the_range_doubles_up_to_the_cap(void **state)
{
    struct backoff backoff = {100, 1000, 0};

    (void)state;
    assert_int_equal(backoff_next_ms(&backoff, 100), 100);
    assert_int_equal(backoff_next_ms(&backoff, 200), 200);
    assert_int_equal(backoff_next_ms(&backoff, 400), 400);
    assert_int_equal(backoff_next_ms(&backoff, 800), 800);
    for (int i = 0; i < 100; i++)
        assert_int_equal(backoff_next_ms(&backoff, 1000), 1000);
}

static void any_random_number_stays_in_range(void **state)
{
    struct backoff backoff = {100, 1000, 0};

    (void)state;
    for (uint32_t i = 0; i < 1000; i++)
        assert_between(backoff_next_ms(&backoff, i * 4294967u), 0, 1000);
}

static void jitter_is_full(void **state)
{
    struct backoff backoff = {100, 100, 0};

    (void)state;
    assert_int_equal(backoff_next_ms(&backoff, 0), 0);
    assert_int_equal(backoff_next_ms(&backoff, 57), 57);
    assert_int_equal(backoff_next_ms(&backoff, 101), 0);
}

static void a_success_makes_it_short_again(void **state)
{
    struct backoff backoff = {100, 1000, 0};

    (void)state;
    for (int i = 0; i < 10; i++)
        (void)backoff_next_ms(&backoff, 0);
    backoff_reset(&backoff);
    assert_int_equal(backoff_next_ms(&backoff, 100), 100);
    assert_int_equal(backoff_next_ms(&backoff, 301), 100); /* 301 mod (200 + 1) */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_range_doubles_up_to_the_cap),
        cmocka_unit_test(any_random_number_stays_in_range),
        cmocka_unit_test(jitter_is_full),
        cmocka_unit_test(a_success_makes_it_short_again),
    };

    return UNIT_RUN(tests);
}
