/* UTF-8: what is right, what is not, and that it does not matter where it is cut. */
#include "base/utf8.h"
#include "unit.h"

static bool is_right(const char *text, size_t length)
{
    bool whole = utf8_is_right((const uint8_t *)text, length);

    for (size_t cut = 0; cut <= length; cut++) {
        struct utf8 utf8 = {0};
        bool is_so = utf8_take(&utf8, (const uint8_t *)text, cut) &&
                     utf8_take(&utf8, (const uint8_t *)text + cut, length - cut) &&
                     utf8_is_whole(&utf8);

        assert_int_equal(is_so, whole);
    }
    return whole;
}

static void texts_are_told_from_others(void **state)
{
    static const char *const right[] = {
        "",
        "a",
        "12345678",
        "12345678\xc3\xa9",
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8f\x8f",
    };
    static const char *const wrong[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2\x7f",
        "\xc2\xc0",
        "\xe0\x9f\xbf",
        "\xe0\xa0",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x90\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xff",
        "\xfe",
        "12345678\x80",
        "\xe2\x82(",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
        if (!is_right(right[i], strlen(right[i])))
            fail_msg("right text %zu is refused", i);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (is_right(wrong[i], strlen(wrong[i])))
            fail_msg("wrong text %zu is accepted", i);
}

/* A decoder made for nothing but this test: by code points, the slow way. */
static bool is_code_point(const uint8_t *bytes, size_t length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t point = length == 2   ? bytes[0] & 0x1f
                     : length == 3 ? bytes[0] & 0x0f
                                   : bytes[0] & 0x07;

    if (length == 1)
        return bytes[0] < 0x80;
    if ((unsigned)bytes[0] >> (7 - length) != (1u << (length + 1)) - 2)
        return false;
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return false;
        point = point << 6 | (bytes[i] & 0x3f);
    }
    return point >= least[length] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

/* Every sequence of two bytes, and every beginning of longer ones. */
static void every_pair_of_bytes_is_judged(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            uint8_t bytes[4] = {(uint8_t)first, (uint8_t)second, 0x80, 0x80};
            bool two =
                is_code_point(bytes, 2) || (is_code_point(bytes, 1) && is_code_point(bytes + 1, 1));
            bool three = is_code_point(bytes, 3), four = is_code_point(bytes, 4);

            assert_int_equal(utf8_is_right(bytes, 2), two);
            if (first >= 0xe0 && first < 0xf0)
                assert_int_equal(utf8_is_right(bytes, 3), three);
            if (first >= 0xf0)
                assert_int_equal(utf8_is_right(bytes, 4), four);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_told_from_others),
        cmocka_unit_test(every_pair_of_bytes_is_judged),
    };

    return UNIT_RUN(tests);
}
