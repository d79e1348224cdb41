/* Minutes as people write them. */
#include "unit.h"

#include "base/minute.h"

static void assert_minute(const char *text, int minute, int stoppage)
{
    struct minute found;

    assert_true(minute_read(text, &found));
    assert_int_equal(found.minute, minute);
    assert_int_equal(found.stoppage, stoppage);
}

static void minutes_are_read(void **state)
{
    (void)state;
    assert_minute("0", 0, -1);
    assert_minute("45", 45, -1);
    assert_minute("45'", 45, -1);
    assert_minute("45+2", 45, 2);
    assert_minute("90+12'", 90, 12);
    assert_minute("999+99", 999, 99);
}

static void other_words_are_none(void **state)
{
    static const char *const words[] = {"",    "+2", "45+", "1000", "45+100",
                                        "45 ", "-1", "4a",  "1e3",  "'"};
    struct minute found;

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_false(minute_read(words[i], &found));
}

static void a_clock_past_the_end_of_a_half_is_stoppage(void **state)
{
    (void)state;
    assert_int_equal(minute_of_clock(45, 45).stoppage, -1);
    assert_int_equal(minute_of_clock(47, 45).minute, 45);
    assert_int_equal(minute_of_clock(47, 45).stoppage, 2);
    assert_int_equal(minute_of_clock(500, 90).stoppage, 99);
    assert_int_equal(minute_of_clock(47, 0).minute, 47);
    assert_int_equal(minute_of_clock(5000, 0).minute, 999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minutes_are_read),
        cmocka_unit_test(other_words_are_none),
        cmocka_unit_test(a_clock_past_the_end_of_a_half_is_stoppage),
    };

    return UNIT_RUN(tests);
}
