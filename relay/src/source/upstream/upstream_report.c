/* What the upstream is told of this relay, and of those that follow this one. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "source/gauges.h"
#include "source/upstream/upstream_state.h"

/* A report has no answer: one that cannot be said now is said again after its interval. */
static void say_report(struct upstream *upstream, const char *const fields[REPORT_FIELDS])
{
    struct buffer text = {0};

    reports_write(&text, fields);
    if (!upstream_say(upstream, &text))
        log_debug("a report was not passed on");
    buffer_free(&text);
}

/* The last in the path: as a part of it a worker reports. */
static const char *name_of_feeder(const struct upstream *upstream)
{
    const char *last = strrchr(upstream->source.path, ' ');

    return last ? last + 1 : upstream->source.path;
}

static void report_itself(struct upstream *upstream)
{
    struct report_values values;
    struct gauges now;

    gauges_take(&now, &upstream->source);
    if (!report_collect(&values, &upstream->report, &upstream->source, &now)) {
        report_values_free(&values);
        return;
    }
    if (upstream->source.has_feeder)
        values.fields[0] = name_of_feeder(upstream);
    say_report(upstream, values.fields);
    report_values_free(&values);
    report_taken(&upstream->report);
}

bool upstream_report(struct source *source, int64_t late_ms)
{
    struct upstream *upstream = upstream_of(source);
    struct told_report *report;

    if (report_is_due(&upstream->report, clock_ms() - late_ms))
        report_itself(upstream);
    while (upstream->report.interval_ms > 0 && (report = reports_next(&source->reports))) {
        say_report(upstream, report->fields);
        free(report);
    }
    return false;
}
