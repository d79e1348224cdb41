/* Lines: which entries count, where a history of so many begins, and how many are kept. */
#include "unit.h"

#include "topic/lines.h"
#include "wire/message.h"

static bool is_line(const char *text)
{
    return message_is_line((struct span){(const uint8_t *)text, strlen(text)});
}

static void corrections_and_states_are_no_lines(void **state)
{
    (void)state;
    assert_true(is_line(
        "{\"type\":\"commentary\",\"match\":7,\"seq\":1,\"op\":\"insert\",\"kind\":\"goal\"}"));
    assert_false(
        is_line("{\"type\":\"commentary\",\"match\":7,\"seq\":2,\"op\":\"amend\",\"ref_seq\":1}"));
    assert_false(
        is_line("{\"type\":\"commentary\",\"match\":7,\"seq\":3,\"op\":\"retract\",\"ref_seq\":1,"
                "\"message\":\"\\\"op\\\":\\\"insert\\\"\"}"));
    assert_false(is_line(
        "{\"type\":\"commentary\",\"match\":7,\"seq\":4,\"op\":\"reinstate\",\"ref_seq\":1}"));
    assert_false(is_line("{\"type\":\"match\",\"match\":7,\"seq\":5,\"state\":{\"metadata\":"
                         "{\"op\":\"insert\"}}}"));
}

static void of_the_lobby_each_entry_counts(void **state)
{
    (void)state;
    assert_true(is_line("{\"type\":\"match\",\"match\":\"lobby\",\"seq\":5,\"state\":{}}"));
    assert_true(is_line("{\"type\":\"match_created\",\"match\":\"lobby\",\"seq\":5,\"state\":{}}"));
}

static void a_history_begins_with_its_oldest_line(void **state)
{
    struct lines lines = {0};

    (void)state;
    assert_int_equal(lines_first(&lines, 5, 31), 26);
    assert_int_equal(lines_first(&lines, 50, 31), 1);
    for (int64_t seq = 10; seq <= 20; seq += 5)
        assert_true(lines_add(&lines, seq));
    assert_int_equal(lines_first(&lines, 0, 31), 31);
    assert_int_equal(lines_first(&lines, 1, 31), 20);
    assert_int_equal(lines_first(&lines, 3, 31), 10);
    assert_int_equal(lines_first(&lines, 7, 31), 6);
    assert_int_equal(lines_first(&lines, 500, 31), 1);
    lines_forget(&lines);
    assert_int_equal(lines_memory(&lines), 0);
}

static void what_comes_twice_counts_once(void **state)
{
    struct lines lines = {0};

    (void)state;
    for (int64_t seq = 1; seq <= 3; seq++)
        assert_true(lines_add(&lines, seq));
    assert_true(lines_add(&lines, 2));
    assert_true(lines_add(&lines, 3));
    assert_int_equal(lines.count, 3);
    lines_forget(&lines);
}

static void enough_of_them_are_kept_and_no_more(void **state)
{
    struct lines lines = {0};

    (void)state;
    for (int64_t seq = 2; seq <= 20000; seq += 2) {
        assert_true(lines_add(&lines, seq));
        if (seq > 2 * LINES_KEPT)
            assert_int_equal(lines_first(&lines, LINES_KEPT, seq + 1), seq - 2 * (LINES_KEPT - 1));
    }
    assert_true(lines_memory(&lines) <= 2 * LINES_KEPT * sizeof(int64_t));
    lines_forget(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corrections_and_states_are_no_lines),
        cmocka_unit_test(of_the_lobby_each_entry_counts),
        cmocka_unit_test(a_history_begins_with_its_oldest_line),
        cmocka_unit_test(what_comes_twice_counts_once),
        cmocka_unit_test(enough_of_them_are_kept_and_no_more),
    };

    return UNIT_RUN(tests);
}
