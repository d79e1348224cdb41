/* Reports of other relays: they come from another machine, and go into SQL. */
#include "unit.h"

#include <stdio.h>

#include "source/reports.h"

static const char *const good[REPORT_FIELDS] = {"00112233445566aa",
                                                "1000",
                                                "host",
                                                "7",
                                                "1.2",
                                                "1795464901",
                                                "live",
                                                "3",
                                                "2",
                                                "100",
                                                "5",
                                                "6",
                                                "1",
                                                "0",
                                                NULL,
                                                "{0,7}",
                                                "{1,2}"};

/* No report has come; the next one has these fields. */
static void begin(struct reports *reports, const char *fields[REPORT_FIELDS])
{
    reports_init(reports);
    memcpy(fields, good, sizeof(good));
}

static bool take(struct reports *reports, const char *const fields[REPORT_FIELDS])
{
    struct buffer text = {0};
    struct link_message message;
    bool is_taken;

    reports_write(&text, fields);
    assert_true(link_parse(&message, (struct span){text.bytes, text.length}));
    is_taken = reports_take(reports, &message);
    buffer_free(&text);
    return is_taken;
}

static void what_is_written_is_read(void **state)
{
    struct reports reports;
    struct told_report *report;

    (void)state;
    reports_init(&reports);
    assert_true(take(&reports, good));
    report = reports_next(&reports);
    assert_non_null(report);
    for (int i = 0; i < REPORT_FIELDS; i++)
        if (good[i])
            assert_string_equal(report->fields[i], good[i]);
    assert_null(report->fields[14]);
    free(report);
    assert_null(reports_next(&reports));
}

/* A database of another encoding has no such characters, and would refuse the report. */
static void other_letters_are_marked(void **state)
{
    const char *fields[REPORT_FIELDS];
    struct reports reports;

    (void)state;
    begin(&reports, fields);
    fields[2] = "h\xc3\xb6st";
    assert_true(take(&reports, fields));
    assert_string_equal(reports_newest(&reports)->fields[2], "h??st");
    reports_free(&reports);
}

static void the_newest_of_each_relay_waits(void **state)
{
    const char *fields[REPORT_FIELDS];
    struct reports reports;
    char id[32];

    (void)state;
    begin(&reports, fields);
    for (int i = 0; i < REPORTS_MAX + 10; i++) {
        snprintf(id, sizeof(id), "%016x", (unsigned)i);
        fields[0] = id;
        assert_true(take(&reports, fields));
        assert_true(take(&reports, fields));
    }
    assert_int_equal(reports.count, REPORTS_MAX);
    reports_free(&reports);
    assert_int_equal(reports.count, 0);
}

/* 10,000 matches in each: the oldest go. */
static void what_waits_has_a_bound_in_bytes(void **state)
{
    struct buffer matches = {0}, viewers = {0};
    const char *fields[REPORT_FIELDS];
    struct reports reports;
    char id[32];

    (void)state;
    begin(&reports, fields);
    for (int i = 0; i < REPORT_MATCHES_MAX; i++) {
        buffer_add_text(&matches, i ? ",100000000000" : "{100000000000");
        buffer_add_text(&viewers, i ? ",1000" : "{1000");
    }
    buffer_add(&matches, "}", sizeof("}"));
    buffer_add(&viewers, "}", sizeof("}"));
    fields[AT_MATCHES] = (const char *)matches.bytes;
    fields[AT_FOLLOWING] = (const char *)viewers.bytes;
    fields[0] = id;
    for (int i = 0; i < 200; i++) {
        snprintf(id, sizeof(id), "%016x", (unsigned)i);
        assert_true(take(&reports, fields));
        assert_true(reports.bytes <= REPORTS_BYTES_MAX);
    }
    assert_true(reports.count < 200 && reports.bytes > REPORTS_BYTES_MAX / 2);
    assert_string_equal(reports_newest(&reports)->fields[0], id);
    for (struct told_report *report; (report = reports_next(&reports));)
        free(report);
    assert_int_equal(reports.bytes, 0);
    buffer_free(&matches);
    buffer_free(&viewers);
}

static void what_is_wrong_is_refused(void **state)
{
    static const struct {
        int field;
        const char *text;
    } bad[] = {{0, "x"},
               {0, "00112233445566AA"},
               {1, "-1"},
               {1, "9999999999"},
               {3, "1e3"},
               {7, "many"},
               {7, "9999999999"},
               {16, "{9999999999}"},
               {14, "1.2.3"},
               {14, "."},
               {14, "1."},
               {14, "NaN"},
               {15, "{"},
               {15, "{1,}"},
               {15, "{a}"},
               {16, "1"},
               {1, "0"},
               {1, "3600001"},
               {4, "a version that is longer than the 64 bytes for which the table has room"},
               {5, "999999999999"},
               {6, "dead"},
               {15, "{0,7,9}"},
               {15, "{}"},
               {16, "{1}x"},
               {2, "a\tb"}};
    const char *fields[REPORT_FIELDS];
    struct reports reports;

    (void)state;
    reports_init(&reports);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memcpy(fields, good, sizeof(good));
        fields[bad[i].field] = bad[i].text;
        if (take(&reports, fields))
            fail_msg("taken: %s", bad[i].text);
    }
    assert_int_equal(reports.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(other_letters_are_marked),
        cmocka_unit_test(the_newest_of_each_relay_waits),
        cmocka_unit_test(what_waits_has_a_bound_in_bytes),
        cmocka_unit_test(what_is_wrong_is_refused),
    };

    return UNIT_RUN(tests);
}
