/* The sum of reports. What workers say has been checked when it came: see reports.c. */
#include "source/report_sum.h"

#include <stdlib.h>

void report_sum_add_match(struct report_sum *sum, int64_t match_id, int64_t viewers)
{
    if (sum->count == sum->room) {
        size_t room = sum->room ? 2 * sum->room : 64;
        struct report_pair *pairs = realloc(sum->pairs, room * sizeof(*pairs));

        if (!pairs) {
            sum->is_broken = true;
            return;
        }
        sum->pairs = pairs;
        sum->room = room;
    }
    sum->pairs[sum->count++] = (struct report_pair){match_id, viewers};
}

static int64_t number_at(const struct told_report *report, int field)
{
    return strtoll(report->fields[field], NULL, 10);
}

/* Two arrays, "{1,2}", of which the shorter one counts. */
static void add_matches(struct report_sum *sum, const char *match_ids, const char *viewers)
{
    char *end_id, *end_count;

    for (; match_ids[1] != '}' && *match_ids != '}' && viewers[1] != '}' && *viewers != '}';
         match_ids = end_id, viewers = end_count) {
        int64_t match_id = strtoll(match_ids + 1, &end_id, 10);

        report_sum_add_match(sum, match_id, strtoll(viewers + 1, &end_count, 10));
    }
}

void report_sum_add_part(struct report_sum *sum, const struct told_report *report)
{
    int64_t topics = number_at(report, AT_TOPICS), lag = number_at(report, AT_LAG);
    const struct report_counts counts = reports_counts_of(report);

    sum->viewers += number_at(report, AT_VIEWERS);
    sum->topics = topics > sum->topics ? topics : sum->topics;
    sum->cached_bytes += number_at(report, AT_CACHED);
    sum->lag = lag > sum->lag ? lag : sum->lag;
    reports_add_counts(&sum->counts, &counts);
    add_matches(sum, report->fields[AT_MATCHES], report->fields[AT_FOLLOWING]);
}

void report_sum_add_gone(struct report_sum *sum, const struct reports *reports)
{
    reports_add_counts(&sum->counts, &reports->ended);
    for (size_t i = 0; i < reports->gone_count; i++)
        reports_add_counts(&sum->counts, &reports->gone[i]);
}

static int by_match(const void *a, const void *b)
{
    const struct report_pair *left = a, *right = b;

    return (left->match_id > right->match_id) - (left->match_id < right->match_id);
}

static void array_add(struct buffer *array, int64_t number)
{
    buffer_add_text(array, array->length == 0 ? "{" : ",");
    buffer_add_number(array, number);
}

static void array_end(struct buffer *array)
{
    if (array->length == 0)
        buffer_add_text(array, "{");
    buffer_add(array, "}", sizeof("}"));
}

bool report_sum_write(struct report_sum *sum, struct buffer *match_ids, struct buffer *viewers)
{
    size_t written = 0;

    if (sum->count > 0)
        qsort(sum->pairs, sum->count, sizeof(*sum->pairs), by_match);
    for (size_t i = 0; i < sum->count && written < REPORT_MATCHES_MAX; written++) {
        int64_t match_id = sum->pairs[i].match_id, together = 0;

        for (; i < sum->count && sum->pairs[i].match_id == match_id; i++)
            together += sum->pairs[i].viewers;
        array_add(match_ids, match_id);
        array_add(viewers, together);
    }
    array_end(match_ids);
    array_end(viewers);
    return !sum->is_broken && !match_ids->is_broken && !viewers->is_broken;
}

void report_sum_free(struct report_sum *sum)
{
    free(sum->pairs);
    *sum = (struct report_sum){0};
}
