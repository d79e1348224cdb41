/* JSON lines: what is passed on is what is written. */
#include "unit.h"

#include "play/jsonl.h"
#include "play/script.h"

static struct script script;

static int begin(void **state)
{
    (void)state;
    script = (struct script){.file = "test"};
    return 0;
}

static int end(void **state)
{
    (void)state;
    script_free(&script);
    return 0;
}

static void read(const char *lines)
{
    jsonl_read(&script, lines, strlen(lines));
    assert_int_equal(script.errors, 0);
}

static void numbers_keep_their_digits(void **state)
{
    (void)state;
    read(
        "{\"message\":\"x\",\"metadata\": {\"xg\": 0.12345678901234567890, \"n\":[1e2,{\"]\":\"}\\\"\"}]} ,"
        "\"tags\":[\"a\\\"b\"],\"minute\":12 }\n{\"metadata\":{},\"message\":\"y\"}\n");
    assert_int_equal(script.count, 2);
    assert_string_equal(row_get(&script.steps[0].entry, "metadata"),
                        "{\"xg\": 0.12345678901234567890, \"n\":[1e2,{\"]\":\"}\\\"\"}]}");
    assert_string_equal(row_get(&script.steps[0].entry, "tags"), "{\"a\\\"b\"}");
    assert_string_equal(row_get(&script.steps[0].entry, "minute"), "12");
    assert_string_equal(row_get(&script.steps[1].entry, "metadata"), "{}");
    assert_string_equal(row_get(&script.steps[1].entry, "message"), "y");
}

static void a_state_keeps_its_digits(void **state)
{
    (void)state;
    read(
        "{\"type\":\"match\",\"match\":7,\"seq\":1,\"state\":{\"status\":\"live\", \"metadata\":{\"a\": 9007199254740993.5},"
        "\"home_score\":null}}\n");
    assert_string_equal(row_get(&script.steps[0].state, "metadata"), "{\"a\": 9007199254740993.5}");
    assert_string_equal(row_get(&script.steps[0].state, "status"), "live");
    assert_null(row_get(&script.steps[0].state, "home_score"));
    assert_true(row_has(&script.steps[0].state, "home_score"));
}

static void a_time_that_is_none_is_not_dropped(void **state)
{
    static const char line[] = "{\"message\":\"x\",\"created_at\":true}\n";

    (void)state;
    jsonl_read(&script, line, strlen(line));
    assert_int_equal(script.errors, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_keep_their_digits, begin, end),
        cmocka_unit_test_setup_teardown(a_state_keeps_its_digits, begin, end),
        cmocka_unit_test_setup_teardown(a_time_that_is_none_is_not_dropped, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
