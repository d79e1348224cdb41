/* When a standby is polled again, also after a query that was slow, cancelled or never sent. */
#include "unit.h"

#include "source/poll/schedule.h"

#define NOW_MS 1000000

static struct schedule begun(void)
{
    struct schedule schedule;

    schedule_begin(&schedule, 25);
    return schedule;
}

static void the_first_is_due_at_once_and_the_next_after_the_interval(void **state)
{
    struct schedule schedule = begun();

    (void)state;
    assert_true(schedule_is_due(&schedule, NOW_MS));
    schedule_sent(&schedule, NOW_MS);
    schedule_done(&schedule, NOW_MS + 1);
    assert_false(schedule_is_due(&schedule, NOW_MS + 25));
    assert_true(schedule_is_due(&schedule, NOW_MS + 26));
}

static void a_slow_one_leaves_the_standby_in_peace_but_not_for_long(void **state)
{
    struct schedule schedule = begun();

    (void)state;
    schedule_sent(&schedule, NOW_MS);
    schedule_done(&schedule, NOW_MS + 100);
    assert_int_equal(schedule.due_ms, NOW_MS + 500);
    schedule_sent(&schedule, NOW_MS);
    schedule_done(&schedule, NOW_MS + 60000);
    assert_int_equal(schedule.due_ms, NOW_MS + 61000);
}

/* The catching up that comes before the first poll may be cancelled. */
static void one_that_was_not_sent_took_no_time(void **state)
{
    struct schedule schedule = begun();

    (void)state;
    schedule_done(&schedule, NOW_MS);
    assert_int_equal(schedule.due_ms, NOW_MS + 25);
    schedule_done(&schedule, NOW_MS + 5000);
    assert_int_equal(schedule.due_ms, NOW_MS + 5025);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_due_at_once_and_the_next_after_the_interval),
        cmocka_unit_test(a_slow_one_leaves_the_standby_in_peace_but_not_for_long),
        cmocka_unit_test(one_that_was_not_sent_took_no_time),
    };

    return UNIT_RUN(tests);
}
