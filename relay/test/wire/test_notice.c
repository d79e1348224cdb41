/* Notifications, taken apart: anybody may NOTIFY, so anything may come. */
#include "unit.h"

#include "wire/notice.h"

static void entries_are_split(void **state)
{
    struct notice notice;
    const char *body;
    size_t length;

    (void)state;
    assert_true(notice_parse(&notice, "1 9f3c 7 58 2\n{\"a\":1}\n{\"b\":22}"));
    assert_string_equal(notice.epoch, "9f3c");
    assert_int_equal(notice.match_id, 7);
    assert_int_equal(notice.first_seq, 58);
    assert_int_equal(notice.count, 2);
    assert_true(notice_next(&notice, &body, &length));
    assert_int_equal(length, 7);
    assert_memory_equal(body, "{\"a\":1}", 7);
    assert_true(notice_next(&notice, &body, &length));
    assert_int_equal(length, 8);
    assert_false(notice_next(&notice, &body, &length));
}

static void header_alone_announces(void **state)
{
    struct notice notice;

    (void)state;
    assert_true(notice_parse(&notice, "1 9f3c 0 3 1"));
    assert_false(notice.has_entries);
    assert_int_equal(notice.match_id, 0);
}

static void an_epoch_may_begin_without_an_entry(void **state)
{
    struct notice notice;

    (void)state;
    assert_true(notice_parse(&notice, "1 9f3c 0 0 0"));
    assert_string_equal(notice.epoch, "9f3c");
    assert_int_equal(notice.count, 0);
    assert_false(notice.has_entries);
}

static void a_header_may_tell_when_it_was_flushed(void **state)
{
    struct notice notice;

    (void)state;
    assert_true(notice_parse(&notice, "1 9f3c 7 58 1\n{\"a\":1}"));
    assert_int_equal(notice.flushed_us, 0);
    assert_true(notice_parse(&notice, "1 9f3c 7 58 1 1795464901123456\n{\"a\":1}"));
    assert_int_equal(notice.count, 1);
    assert_true(notice.flushed_us == 1795464901123456);
    assert_true(notice.has_entries);
    assert_true(notice_parse(&notice, "1 9f3c 7 58 1 1795464901123456"));
    assert_false(notice.has_entries);
}

static void malformed_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "hello",
        "2 9f 7 58 1\n{}",
        "1 9f 7 58",
        "1 9f 7 58 0",
        "1 9f 7 0 0",
        "1 9f 0 1 0",
        "1 9f 0 0 0\n{}",
        "1 9f 7 58 2\n{}",
        "1 9f 7 58 1\n{}\n{}",
        "1 9f 7 58 1 \n{}",
        "1 9f 7 58 1 x\n{}",
        "1 9f 7 58 1 -5\n{}",
        "1 9f 7 58 1 5 5\n{}",
        "1 9f 7 58 1 9999999999999999999\n{}",
        "1 9f -7 58 1\n{}",
        "1 9f 7 0 1\n{}",
        "1 9f 7 99999999999999999999 1\n{}",
        "1 9f 7 9223372036854775807 2\n{}\n{}",
        "1  7 58 1\n{}",
        "1 0123456789012345678901234567890123456789012345678901234567890123456789 7 58 1\n{}",
    };
    struct notice notice;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (notice_parse(&notice, bad[i]))
            fail_msg("accepted: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_split),
        cmocka_unit_test(header_alone_announces),
        cmocka_unit_test(an_epoch_may_begin_without_an_entry),
        cmocka_unit_test(a_header_may_tell_when_it_was_flushed),
        cmocka_unit_test(malformed_is_refused),
    };

    return UNIT_RUN(tests);
}
