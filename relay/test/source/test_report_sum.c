/* The sum of a feeder and its workers. */
#include "unit.h"

#include "source/report_sum.h"

static const char *fields[REPORT_FIELDS] = {"0123456789abcdef",
                                            "1000",
                                            "host",
                                            "7",
                                            "1.2.0",
                                            "1",
                                            "live",
                                            "3",
                                            "5",
                                            "100",
                                            "10",
                                            "1000",
                                            "1",
                                            "2",
                                            "4.0",
                                            "{1,7}",
                                            "{2,1}"};

static struct told_report *report_of(const char *viewers, const char *matches,
                                     const char *following)
{
    struct told_report *report = calloc(1, sizeof(*report));

    assert_non_null(report);
    memcpy(report->fields, fields, sizeof(fields));
    report->fields[7] = viewers;
    report->fields[15] = matches;
    report->fields[16] = following;
    return report;
}

static void adds(struct report_sum *sum, const char *viewers, const char *matches,
                 const char *following)
{
    struct told_report *report = report_of(viewers, matches, following);

    report_sum_add_part(sum, report);
    free(report);
}

static void is_written(struct report_sum *sum, const char *matches, const char *following)
{
    struct buffer match_ids = {0}, viewers = {0};

    assert_true(report_sum_write(sum, &match_ids, &viewers));
    assert_string_equal((const char *)match_ids.bytes, matches);
    assert_string_equal((const char *)viewers.bytes, following);
    buffer_free(&match_ids);
    buffer_free(&viewers);
    report_sum_free(sum);
}

static void viewers_of_a_match_are_added_up(void **state)
{
    struct report_sum sum = {0};

    (void)state;
    adds(&sum, "3", "{1,7}", "{2,1}");
    adds(&sum, "5", "{7,0}", "{4,1}");
    adds(&sum, "0", "{}", "{}");
    assert_int_equal(sum.viewers, 8);
    assert_int_equal(sum.topics, 5);
    assert_int_equal(sum.cached_bytes, 300);
    assert_int_equal(sum.counts.deliveries, 30);
    assert_int_equal(sum.lag, 2);
    assert_int_equal(sum.counts.timed, 30);
    assert_true(sum.counts.latency_ms > 119 && sum.counts.latency_ms < 121);
    is_written(&sum, "{0,1,7}", "{1,2,5}");
}

/* Of parts that are gone, what they counted stays, until the same worker is back. */
static void what_a_worker_has_counted_outlives_it(void **state)
{
    struct reports reports;
    struct report_sum sum = {0};

    (void)state;
    reports_init(&reports);
    for (int i = 0; i < REPORTS_GONE_MAX + 3; i++) {
        struct report_part part = {.newest = report_of("3", "{1}", "{3}")};

        LIST_INSERT_HEAD(&reports.parts, &part, link);
        reports_end_part(&reports, &part);
        reports_end_part(&reports, &part); /* it has nothing any more */
    }
    assert_int_equal(reports.gone_count, REPORTS_GONE_MAX);
    report_sum_add_gone(&sum, &reports);
    assert_int_equal(sum.counts.deliveries, 10 * (REPORTS_GONE_MAX + 3));
    assert_int_equal(sum.viewers, 0);
    is_written(&sum, "{}", "{}");
}

static void arrays_of_another_length_are_no_fault(void **state)
{
    struct report_sum sum = {0};

    (void)state;
    adds(&sum, "3", "{1,7,9}", "{2}");
    adds(&sum, "3", "{1}", "{2,3,4}");
    adds(&sum, "3", "{}", "{2}");
    is_written(&sum, "{1}", "{4}");
}

static void nothing_is_two_empty_arrays(void **state)
{
    struct report_sum sum = {0};

    (void)state;
    is_written(&sum, "{}", "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(viewers_of_a_match_are_added_up),
        cmocka_unit_test(what_a_worker_has_counted_outlives_it),
        cmocka_unit_test(arrays_of_another_length_are_no_fault),
        cmocka_unit_test(nothing_is_two_empty_arrays),
    };

    return UNIT_RUN(tests);
}
