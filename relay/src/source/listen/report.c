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
#include "stats/stats.h"

/* Of the followed matches; the table takes no more. */
#define MATCHES_MAX 9999 /* and the lobby */
#define REFUSED_RETRY_MS 600000
#define NUMBERS 10

static const char report_sql[] =
    "SELECT commentary.report_relay($1, $2, $3, $4, $5, pg_catalog.to_timestamp($6), $7, $8, $9,"
    " $10, $11, $12, $13, $14, $15, $16, $17)";

void report_init(struct report *report, const char *relay_id, int64_t interval_ms)
{
    *report = (struct report){.interval_ms = interval_ms};
    snprintf(report->relay_id, sizeof(report->relay_id), "%s", relay_id);
    if (gethostname(report->host, sizeof(report->host) - 1) != 0)
        memcpy(report->host, "unknown", sizeof("unknown"));
}

bool report_is_due(const struct report *report, int64_t now_ms)
{
    return report->interval_ms > 0 && now_ms >= report->due_ms;
}

/* ---- one report ---- */

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

/* The followed matches, and how many viewers each has. */
static void add_matches(const struct hub *hub, struct buffer *match_ids, struct buffer *viewers)
{
    const struct topic *topic = hub->lobby_topic;
    int count = 0;

    if (topic->follow_count > topic->edge_count) {
        array_add(match_ids, topic->match_id);
        array_add(viewers, topic->follow_count - topic->edge_count);
    }
    TAILQ_FOREACH (topic, &hub->shelf.followed, shelf_link) {
        if (topic->follow_count == topic->edge_count)
            continue; /* edges report their viewers themselves */
        if (++count > MATCHES_MAX)
            break;
        array_add(match_ids, topic->match_id);
        array_add(viewers, topic->follow_count - topic->edge_count);
    }
    array_end(match_ids);
    array_end(viewers);
}

/* NULL, while no entry has been sent whose time was told. */
static const char *mean_latency(char text[32])
{
    const struct latency *latency = &relay_stats.latency;

    if (latency->count == 0)
        return NULL;
    snprintf(text, 32, "%.3f", (double)latency->sum_us / 1e3 / (double)latency->count);
    return text;
}

/* The parameters that are numbers, in their order among the others. */
static void write_numbers(char text[NUMBERS][24], const struct report *report,
                          const struct gauges *now)
{
    const int64_t numbers[NUMBERS] = {report->interval_ms,
                                      getpid(),
                                      now->started_s,
                                      (int64_t)now->viewers,
                                      (int64_t)now->topics,
                                      (int64_t)now->cached_bytes,
                                      (int64_t)relay_stats.deliveries,
                                      (int64_t)relay_stats.sent_bytes,
                                      (int64_t)relay_stats.feed_connects,
                                      now->lag_entries};

    for (int i = 0; i < NUMBERS; i++)
        snprintf(text[i], sizeof(text[i]), "%" PRId64, numbers[i]);
}

bool report_collect(struct report_values *values, const struct report *report,
                    const struct hub *hub, const struct gauges *now)
{
    char(*number)[24] = values->numbers;

    *values = (struct report_values){0};
    write_numbers(number, report, now);
    add_matches(hub, &values->match_ids, &values->viewers);
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
                                               mean_latency(values->latency),
                                               (const char *)values->match_ids.bytes,
                                               (const char *)values->viewers.bytes};

    memcpy(values->fields, fields, sizeof(fields));
    return !values->match_ids.is_broken && !values->viewers.is_broken;
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
