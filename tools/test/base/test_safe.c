/* Text of others cannot steer a terminal. */
#include "unit.h"

#include "base/safe.h"

static void assert_safe(const char *from, size_t length, const char *wanted)
{
    struct text to = {0};

    safe_add(&to, from, length);
    assert_string_equal(to.bytes, wanted);
    text_free(&to);
}

#define ASSERT_SAFE(from, wanted) assert_safe(from, sizeof(from) - 1, wanted)
#define BAD "\xEF\xBF\xBD"

static void what_is_plain_stays(void **state)
{
    (void)state;
    ASSERT_SAFE("", "");
    ASSERT_SAFE("Goal! 1\xE2\x80\x93"
                "0",
                "Goal! 1\xE2\x80\x93"
                "0");
    ASSERT_SAFE("\xD9\x85\xD8\xB1\xD8\xAD\xD8\xA8\xD8\xA7\xE2\x80\x8F",
                "\xD9\x85\xD8\xB1\xD8\xAD\xD8\xA8\xD8\xA7\xE2\x80\x8F");
    ASSERT_SAFE("\xF0\x9F\x8E\x89", "\xF0\x9F\x8E\x89");
}

static void control_characters_lose_their_power(void **state)
{
    (void)state;
    ASSERT_SAFE("\x1b]0;title\x07", "\xE2\x90\x9B]0;title" BAD);
    ASSERT_SAFE("two\nlines\tand", "two lines and");
    ASSERT_SAFE("back\bspace\r\x7f\0", "back" BAD "space" BAD BAD BAD);
    ASSERT_SAFE("\xC2\x9B"
                "31m",
                BAD "31m"); /* CSI as one character of C1 */
}

static void directions_and_separators_are_taken_out(void **state)
{
    (void)state;
    ASSERT_SAFE("a\xE2\x80\xAE"
                "b",
                "a" BAD "b");
    ASSERT_SAFE("a\xE2\x81\xA6"
                "b\xE2\x81\xA9",
                "a" BAD "b" BAD);
    ASSERT_SAFE("a\xE2\x80\xA8"
                "b",
                "a" BAD "b");
}

static void what_is_no_utf8_is_replaced(void **state)
{
    (void)state;
    ASSERT_SAFE("\xFF\xFE", BAD BAD);
    ASSERT_SAFE("\xC3", BAD);
    ASSERT_SAFE("\xC0\x9B", BAD BAD);         /* overlong */
    ASSERT_SAFE("\xED\xA0\x80", BAD BAD BAD); /* a surrogate */
    ASSERT_SAFE("\xE2\x82(", BAD BAD "(");
}

static void json_keeps_its_value(void **state)
{
    static const char from[] = "{\"a\":\"\xE2\x80\xAE\xC2\x9B\x7f\xC3\xBC\"}";
    struct text to = {0};

    (void)state;
    safe_add_json(&to, from, sizeof from - 1);
    assert_string_equal(to.bytes, "{\"a\":\"\\u202e\\u009b\\u007f\xC3\xBC\"}");
    text_free(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_plain_stays),
        cmocka_unit_test(control_characters_lose_their_power),
        cmocka_unit_test(directions_and_separators_are_taken_out),
        cmocka_unit_test(what_is_no_utf8_is_replaced),
        cmocka_unit_test(json_keeps_its_value),
    };

    return UNIT_RUN(tests);
}
