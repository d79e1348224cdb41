/* Reports: what a report holds, and what follows when it is refused. */
#include "source/listen/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"
#include "hub/hub.h"
#include "source/report_sum.h"
#include "source/source.h"
#include "stats/stats.h"

#define REFUSED_RETRY_MS 600000

static const char report_sql[] =
    "SELECT commentary.report_relay($1, $2, $3, $4, $5, pg_catalog.to_timestamp($6), $7, $8, $9,"
    " $10, $11, $12, $13, $14, $15, $16, $17)";

void report_init(struct report *report, const char *relay_id, int64_t interval_ms)
{
    *report = (struct report){.interval_ms = interval_ms};
    snprintf(report->relay_id, sizeof(report->relay_id), "%s", relay_id);
    if (gethostname(report->host, sizeof(report->host) - 1) != 0)
        memcpy(report->host, "unknown", sizeof("unknown"));
    reports_clean_text(report->host);
}

bool report_is_due(const struct report *report, int64_t now_ms)
{
    return report->interval_ms > 0 && now_ms >= report->due_ms;
}

/* ---- one report ---- */

/* The followed matches, and how many viewers each has; edges report their viewers themselves. */
static void add_matches(struct report_sum *sum, const struct hub *hub)
{
    const struct topic *topic = hub->lobby_topic;
    int count = 0;

    if (topic->follow_count > topic->edge_count)
        report_sum_add_match(sum, topic->match_id, topic->follow_count - topic->edge_count);
    TAILQ_FOREACH (topic, &hub->shelf.followed, shelf_link) {
        if (topic->follow_count == topic->edge_count)
            continue;
        if (++count >= REPORT_MATCHES_MAX)
            break;
        report_sum_add_match(sum, topic->match_id, topic->follow_count - topic->edge_count);
    }
}

/* All that this relay is: a feeder itself has no viewers. */
static void add_up(struct report_sum *sum, const struct source *source, const struct gauges *now)
{
    const struct latency *latency = &relay_stats.latency;
    const struct report_part *part;

    *sum = (struct report_sum){.viewers = (int64_t)now->viewers,
                               .topics = (int64_t)now->topics,
                               .cached_bytes = (int64_t)now->cached_bytes,
                               .lag = now->lag_entries};
    if (!source->is_feeder) {
        sum->counts.deliveries = (int64_t)relay_stats.deliveries;
        sum->counts.sent_bytes = (int64_t)relay_stats.sent_bytes;
        sum->counts.latency_ms = (double)latency->sum_us / 1e3;
        sum->counts.timed = (int64_t)latency->count;
    }
    add_matches(sum, source->hub);
    LIST_FOREACH (part, &source->reports.parts, link)
        report_sum_add_part(sum, part->newest);
    report_sum_add_gone(sum, &source->reports);
}

/* The parameters that are numbers, in their order among the others. */
static void write_numbers(char text[REPORT_NUMBERS][24], const struct report *report,
                          const struct gauges *now, const struct report_sum *sum)
{
    const int64_t numbers[REPORT_NUMBERS] = {report->interval_ms,
                                             getpid(),
                                             now->started_s,
                                             sum->viewers,
                                             sum->topics,
                                             sum->cached_bytes,
                                             sum->counts.deliveries,
                                             sum->counts.sent_bytes,
                                             (int64_t)relay_stats.feed_connects,
                                             sum->lag};

    for (int i = 0; i < REPORT_NUMBERS; i++)
        snprintf(text[i], sizeof(text[i]), "%" PRId64, numbers[i]);
}

/* NULL, while no entry has been sent whose time was told. */
static const char *mean_latency(char text[32], const struct report_sum *sum)
{
    if (sum->counts.timed == 0)
        return NULL;
    snprintf(text, 32, "%.3f", sum->counts.latency_ms / (double)sum->counts.timed);
    return text;
}

bool report_collect(struct report_values *values, const struct report *report,
                    const struct source *source, const struct gauges *now)
{
    char(*number)[24] = values->numbers;
    struct report_sum sum;
    bool is_whole;

    *values = (struct report_values){0};
    add_up(&sum, source, now);
    write_numbers(number, report, now, &sum);
    is_whole = report_sum_write(&sum, &values->match_ids, &values->viewers);
    const char *const fields[REPORT_FIELDS] = {report->relay_id,
                                               number[0],
                                               report->host,
                                               number[1],
                                               RELAY_VERSION,
                                               number[2],
                                               now->feed_state,
                                               number[3],
                                               number[4],
                                               number[5],
                                               number[6],
                                               number[7],
                                               number[8],
                                               number[9],
                                               mean_latency(values->latency, &sum),
                                               (const char *)values->match_ids.bytes,
                                               (const char *)values->viewers.bytes};

    memcpy(values->fields, fields, sizeof(fields));
    report_sum_free(&sum);
    return is_whole;
}

void report_values_free(struct report_values *values)
{
    buffer_free(&values->match_ids);
    buffer_free(&values->viewers);
}

bool report_send(PGconn *conn, const char *const fields[REPORT_FIELDS])
{
    return PQsendQueryParams(conn, report_sql, REPORT_FIELDS, NULL, fields, NULL, NULL, 0);
}

/* ---- what becomes of it ---- */

void report_taken(struct report *report)
{
    report->due_ms = clock_ms() + report->interval_ms;
    if (*report->refused)
        log_info("the database takes reports of the relay again");
    report->refused[0] = '\0';
}

static const char *hint_for(const char *sqlstate)
{
    if (strcmp(sqlstate, "42883") == 0)
        return "ALTER EXTENSION commentary UPDATE, and run sql/roles.sql again";
    if (strcmp(sqlstate, "42501") == 0)
        return "run sql/roles.sql again: the relay's role needs EXECUTE on report_relay";
    if (strcmp(sqlstate, "25006") == 0)
        return "the session is read-only; --report-interval 0 if that is wanted";
    return "see the reason";
}

/* A lock or a time limit passes; what is refused for good is asked for now and then. */
static bool is_passing(const char *sqlstate)
{
    return strcmp(sqlstate, "55P03") == 0 || strcmp(sqlstate, "57014") == 0 ||
           strcmp(sqlstate, "40001") == 0 || strcmp(sqlstate, "40P01") == 0;
}

void report_refused(struct report *report, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *reason = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    report->due_ms = clock_ms() + report->interval_ms;
    if (!sqlstate || is_passing(sqlstate)) {
        log_debug("a report was not taken", LOG_TEXT("reason", reason ? reason : "unknown"));
        return;
    }
    report->due_ms = clock_ms() + REFUSED_RETRY_MS;
    if (strcmp(report->refused, sqlstate) == 0)
        return;
    snprintf(report->refused, sizeof(report->refused), "%s", sqlstate);
    log_warn("the database takes no reports of the relay; nothing else is concerned",
             LOG_TEXT("reason", reason ? reason : "unknown"), LOG_TEXT("hint", hint_for(sqlstate)));
}
