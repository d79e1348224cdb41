/* Log lines: whole and on one line, whatever the text in them is. */
#include "unit.h"

#include <jansson.h>

#include "base/log.h"

static const struct timespec when = {1795464901, 123456789};
static struct log_line line;

static void make(enum log_format format, const char *message, const char *text)
{
    const struct log_field fields[] = {LOG_TEXT("text", text), LOG_NUMBER("number", -7)};

    log_line_make(&line, format, &when, LOG_WARN, message, fields, 2);
    assert_int_equal(line.text[line.length - 1], '\n');
    assert_ptr_equal(memchr(line.text, '\n', line.length), line.text + line.length - 1);
}

static void line_is(const char *expected)
{
    assert_int_equal(line.length, strlen(expected));
    assert_memory_equal(line.text, expected, line.length);
}

/* The object of a line; jansson refuses what is not JSON, not UTF-8, or has a key twice. */
static json_t *parsed(void)
{
    json_error_t error;
    json_t *object = json_loadb(line.text, line.length, JSON_REJECT_DUPLICATES, &error);

    if (!object)
        fail_msg("%s: %.*s", error.text, (int)line.length, line.text);
    return object;
}

/* What becomes of the text in JSON, and back. */
static void json_text_is(const char *text, const char *expected)
{
    json_t *object;

    make(LOG_JSON, text, text);
    object = parsed();
    assert_string_equal(json_string_value(json_object_get(object, "msg")), expected);
    assert_string_equal(json_string_value(json_object_get(object, "text")), expected);
    assert_int_equal(json_integer_value(json_object_get(object, "number")), -7);
    json_decref(object);
}

static void both_formats_have_the_same_fields(void **state)
{
    (void)state;
    make(LOG_LOGFMT, "it is so", "plain");
    line_is("ts=2026-11-23T20:15:01.123Z level=warn msg=\"it is so\" text=plain number=-7\n");
    make(LOG_JSON, "it is so", "plain");
    line_is("{\"ts\":\"2026-11-23T20:15:01.123Z\",\"level\":\"warn\",\"msg\":\"it is so\","
            "\"text\":\"plain\",\"number\":-7}\n");
}

static void logfmt_quotes_what_could_be_mistaken(void **state)
{
    (void)state;
    make(LOG_LOGFMT, "m", "");
    line_is("ts=2026-11-23T20:15:01.123Z level=warn msg=m text=\"\" number=-7\n");
    make(LOG_LOGFMT, "m", "a=b");
    line_is("ts=2026-11-23T20:15:01.123Z level=warn msg=m text=\"a=b\" number=-7\n");
    make(LOG_LOGFMT, "m", "\"\\\n\t\x7f\x1b[0m\xc2\x9b");
    line_is("ts=2026-11-23T20:15:01.123Z level=warn msg=m text=\"\\\"\\\\\\n???[0m?\" number=-7\n");
    make(LOG_LOGFMT, "m", "\xff");
    line_is("ts=2026-11-23T20:15:01.123Z level=warn msg=m text=\"\xef\xbf\xbd\" number=-7\n");
}

static void json_gives_the_text_back(void **state)
{
    static const char *const texts[] = {
        "",
        "plain",
        "\"quoted\" \\ and / more",
        "two\nlines\r\n\t\b\f\x01\x1f\x7f",
        "h\xc3\xa9",
        "\xe2\x80\xa8",
        "\xf0\x9f\x98\x80",
        "\xc2\x85\xc2\x9b",
        "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\xe0\xa0\x80\xf0\x90\x80\x80",
        "\",\"level\":\"x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        json_text_is(texts[i], texts[i]);
}

#define X "\xef\xbf\xbd"

static void what_is_not_utf8_is_replaced_byte_by_byte(void **state)
{
    (void)state;
    json_text_is("a\xff z", "a" X " z");
    json_text_is("\x80\xbf", X X);
    json_text_is("\xc3", X); /* it ends too early */
    json_text_is("\xe2\x82", X X);
    json_text_is("\xf0\x9f\x98", X X X);
    json_text_is("\xc0\xaf", X X); /* longer than need be */
    json_text_is("\xe0\x9f\xbf", X X X);
    json_text_is("\xf0\x8f\xbf\xbf", X X X X);
    json_text_is("\xed\xa0\x80", X X X); /* a surrogate */
    json_text_is("\xf4\x90\x80\x80", X X X X);
    json_text_is("\xc3\"", X "\"");
}

static void no_control_character_is_left(void **state)
{
    char text[2] = {0};

    (void)state;
    for (int c = 1; c < 256; c++) {
        text[0] = (char)c;
        for (int format = LOG_LOGFMT; format <= LOG_JSON; format++) {
            make((enum log_format)format, text, text);
            for (size_t i = 0; i + 1 < line.length; i++)
                assert_true((unsigned char)line.text[i] >= ' ' && line.text[i] != 0x7f);
        }
    }
}

/* Each length of a text, so that the end falls on every part of the line. */
static void a_line_too_long_is_cut_and_stays_whole(void **state)
{
    static const char *const pieces[] = {"x", "\"", "\x01", "\xf0\x9f\x98\x80", "\xff", "\n"};
    char text[3 * LOG_LINE_BYTES];

    (void)state;
    for (size_t p = 0; p < sizeof(pieces) / sizeof(pieces[0]); p++) {
        size_t piece = strlen(pieces[p]), length = 0;

        while (length + piece < sizeof(text)) {
            memcpy(text + length, pieces[p], piece + 1);
            length += piece;
            if (length < LOG_LINE_BYTES / 8)
                continue;
            make(LOG_LOGFMT, "m", text);
            assert_true(line.length <= LOG_LINE_BYTES);
            make(LOG_JSON, "m", text);
            assert_true(line.length <= LOG_LINE_BYTES);
            json_decref(parsed());
        }
    }
}

static void a_field_without_room_is_left_out(void **state)
{
    char text[LOG_LINE_BYTES];
    const struct log_field fields[] = {LOG_TEXT("text", text), LOG_TEXT("more", "m"),
                                       LOG_NUMBER("number", INT64_MIN)};
    json_t *object;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    log_line_make(&line, LOG_JSON, &when, LOG_ERROR, "m", fields, 3);
    object = parsed();
    assert_int_equal(json_object_size(object), 4);
    json_decref(object);
    text[10] = '\0';
    log_line_make(&line, LOG_JSON, &when, LOG_ERROR, "m", fields, 3);
    object = parsed();
    assert_true(json_integer_value(json_object_get(object, "number")) == INT64_MIN);
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_formats_have_the_same_fields),
        cmocka_unit_test(logfmt_quotes_what_could_be_mistaken),
        cmocka_unit_test(json_gives_the_text_back),
        cmocka_unit_test(what_is_not_utf8_is_replaced_byte_by_byte),
        cmocka_unit_test(no_control_character_is_left),
        cmocka_unit_test(a_line_too_long_is_cut_and_stays_whole),
        cmocka_unit_test(a_field_without_room_is_left_out),
    };

    return UNIT_RUN(tests);
}
