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

static void the_newest_of_each_relay_waits(void **state)
{
    const char *fields[REPORT_FIELDS];
    struct reports reports;
    char id[32];

    (void)state;
    reports_init(&reports);
    memcpy(fields, good, sizeof(good));
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

static void what_is_wrong_is_refused(void **state)
{
    static const struct {
        int field;
        const char *text;
    } bad[] = {{0, "x"},          {0, "00112233445566AA"},
               {1, "-1"},         {1, "9999999999"},
               {3, "1e3"},        {7, "many"},
               {7, "9999999999"}, {16, "{9999999999}"},
               {14, "1.2.3"},     {14, "."},
               {14, "1."},        {14, "NaN"},
               {15, "{"},         {15, "{1,}"},
               {15, "{a}"},       {16, "1"},
               {16, "{1}x"},      {2, "a\tb"}};
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
        cmocka_unit_test(the_newest_of_each_relay_waits),
        cmocka_unit_test(what_is_wrong_is_refused),
    };

    return UNIT_RUN(tests);
}
