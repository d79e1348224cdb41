/* Markup: whatever a text holds, it stays text. */
#include "unit.h"

#include "base/markup.h"

static struct buffer out;

static const char *written(void)
{
    buffer_add(&out, "", 1);
    assert_false(out.is_broken);
    return (const char *)out.bytes;
}

static void text_is(const char *text, const char *markup)
{
    buffer_clear(&out);
    markup_add_text(&out, text);
    assert_string_equal(written(), markup);
}

static void json_is(const char *json, const char *markup)
{
    buffer_clear(&out);
    markup_add_json(&out, json, strlen(json));
    assert_string_equal(written(), markup);
}

static void line_is(const char *text, size_t max_characters, const char *line)
{
    buffer_clear(&out);
    markup_add_line(&out, text, max_characters);
    assert_string_equal(written(), line);
}

static void a_text_begins_no_element_and_ends_no_attribute(void **state)
{
    (void)state;
    text_is("", "");
    text_is("Rovers", "Rovers");
    text_is("R&D <b>", "R&amp;D &lt;b&gt;");
    text_is("\"><img src=x onerror='x'>", "&quot;&gt;&lt;img src=x onerror=&#39;x&#39;&gt;");
    text_is("&lt;", "&amp;lt;");
    text_is("a\x01\x1f\t\x7f\nb", "a    \nb");
    text_is("\xd9\x85\xd8\xb1", "\xd9\x85\xd8\xb1");
}

static void json_ends_no_script(void **state)
{
    (void)state;
    json_is("{\"a\":1}", "{\"a\":1}");
    json_is("\"</script><!--&\"", "\"\\u003c/script\\u003e\\u003c!--\\u0026\"");
    json_is("\"\xe2\x80\xa8\xe2\x80\xa9\"", "\"\\u2028\\u2029\"");
    json_is("\"\xe2\x80\xaa\"", "\"\xe2\x80\xaa\"");
    json_is("\xe2\x80", "\xe2\x80");
    json_is("\xe2", "\xe2");
}

static void a_line_is_short_and_turns_nothing_round(void **state)
{
    (void)state;
    line_is("", 3, "");
    line_is("abc", 3, "abc");
    line_is("abcd", 3, "ab\xe2\x80\xa6");
    line_is("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f", 3, "\xc3\xa4\xc3\xb6\xe2\x80\xa6");
    line_is("  one\r\n\ttwo \n", 60, "one two");
    line_is("a\xe2\x80\xae"
            "b\xe2\x81\xa6"
            "c\xe2\x80\xa8"
            "d\xc2\x85"
            "e",
            60, "a b c d e");
    line_is("\xe2\x80\xae", 60, "");
    line_is("\xe2\x80\xa6", 60, "\xe2\x80\xa6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_begins_no_element_and_ends_no_attribute),
        cmocka_unit_test(json_ends_no_script),
        cmocka_unit_test(a_line_is_short_and_turns_nothing_round),
    };
    int failed = UNIT_RUN(tests);

    buffer_free(&out);
    return failed;
}
