/*
 * The feed, connected: what the database says, and at the end of each turn of the
 * loop what it is asked next.
 */
#include "source/listen/feed.h"

#include <event2/event.h>
#include <event2/util.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "hub/hub.h"
#include "net/watch.h"
#include "source/catchup.h"
#include "source/gauges.h"
#include "source/listen/feed_state.h"
#include "source/listen/probe.h"
#include "source/listen/report.h"
#include "source/search/diagnosis.h"
#include "stats/stats.h"

#define BACKOFF_BASE_MS 100
#define BACKOFF_CAP_MS 3000 /* back within 5 s of the database's return */

/* ---- talking ---- */

bool feed_ends_session(const PGconn *conn, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return PQstatus(conn) == CONNECTION_BAD || !sqlstate || strncmp(sqlstate, "57P", 3) == 0;
}

static bool feed_take_report(struct feed *feed, const PGresult *result)
{
    if (PQresultStatus(result) != PGRES_TUPLES_OK && feed_ends_session(feed->conn, result))
        return false;
    if (feed->passes_on)
        return true; /* that relay reports again */
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        report_taken(&feed->report);
    else
        report_refused(&feed->report, result);
    return true;
}

/* False: the query failed, and the connection is gone. */
static bool feed_take_result(struct feed *feed, const PGresult *result)
{
    if (feed->query == FEED_REPORT && feed_take_report(feed, result))
        return true;
    if ((feed->query == FEED_ASK || feed->query == FEED_LISTEN) &&
        feed_take_listening(feed, result))
        return true;
    if (feed_is_cancelled(feed, result) || feed_list_failed(feed, result))
        return true;
    switch (PQresultStatus(result)) {
    case PGRES_SINGLE_TUPLE:
        if (feed->query == FEED_POLL)
            poll_row(&feed->poll, feed->source.hub, result);
        else
            feed_take_row(feed, result);
        return true;
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
        return true;
    default:
        feed_lost(feed, PQresultErrorMessage(result),
                  diagnosis_of_state(PQresultErrorField(result, PG_DIAG_SQLSTATE))->hint);
        return false;
    }
}

/* Nothing may put the heartbeat off: it is what finds lost notifications. */
void feed_await(struct feed *feed)
{
    int64_t due_ms = feed->source.check_due_ms, left_ms;

    if (feed->is_polling && feed->poll.schedule.due_ms < due_ms)
        due_ms = feed->poll.schedule.due_ms;
    left_ms = due_ms - clock_ms();
    feed_arm(feed, left_ms > 0 ? left_ms : 0);
}

/* Listening comes first and catching up after it: what happens in between is heard. */
static void feed_listening_done(struct feed *feed, enum feed_query done)
{
    if (!feed_is_listening(feed, done))
        return;
    if (probe_is_needed(feed->conn, feed->session_pid))
        feed_probe(feed);
    else
        feed_begin_to_catch_up(feed);
}

static void feed_query_done(struct feed *feed)
{
    enum feed_query done = feed->query;

    feed->query = FEED_IDLE;
    feed_await(feed);
    if (feed->is_cancelled) {
        feed_cancelled_done(feed, done);
        return;
    }
    switch (done) {
    case FEED_READ:
        feed->locked_ms = 0;
        feed_read_done(feed);
        break;
    case FEED_POLL:
        feed->locked_ms = 0;
        feed_poll_done(feed);
        break;
    case FEED_SET:
        catchup_begin(&feed->catchup);
        break;
    case FEED_ASK:
    case FEED_LISTEN:
        feed_listening_done(feed, done);
        break;
    case FEED_REPORT:
    case FEED_IDLE:
        break;
    }
}

static bool feed_take_results(struct feed *feed)
{
    while (feed->query != FEED_IDLE && !PQisBusy(feed->conn)) {
        PGresult *result = PQgetResult(feed->conn);
        bool is_good = true;

        if (result)
            is_good = feed_take_result(feed, result);
        else
            feed_query_done(feed);
        PQclear(result);
        if (!is_good)
            return false;
    }
    return true;
}

/* Rows before notifications: those are newer than what is being read. */
static void feed_read(struct feed *feed)
{
    if (!PQconsumeInput(feed->conn)) {
        feed_broken(feed);
        return;
    }
    feed->source.heard_ms = clock_ms();
    if (feed->query != FEED_IDLE)
        feed_arm(feed, 2 * feed->settings.heartbeat_ms); /* it is not silent */
    if (feed_take_results(feed))
        feed_take_notifications(feed);
    if (feed->conn && PQstatus(feed->conn) == CONNECTION_BAD)
        feed_broken(feed); /* libpq has closed the socket: nothing more would come of it */
}

/* False: the connection is gone. */
static bool feed_flush(struct feed *feed)
{
    int left = PQflush(feed->conn);

    if (left < 0)
        feed_broken(feed);
    else if (!feed_watch(feed, left ? EV_READ | EV_WRITE : EV_READ))
        feed_lost(feed, "out of memory", "give the relay more");
    return feed->conn != NULL;
}

static void feed_on_io(evutil_socket_t fd, short what, void *context)
{
    struct feed *feed = context;

    (void)fd;
    if ((what & EV_WRITE) && !feed_flush(feed))
        return;
    if (what & EV_READ)
        feed_read(feed);
}

bool feed_watch(struct feed *feed, short events)
{
    return watch_socket(&feed->io, feed->base, PQsocket(feed->conn), events, feed_on_io, feed);
}

static void feed_on_timer(evutil_socket_t fd, short what, void *context)
{
    struct feed *feed = context;

    (void)fd;
    (void)what;
    if (feed->search)
        return; /* it has timers of its own */
    if (feed->state == FEED_DOWN)
        feed_connect(feed);
    else if (feed->state == FEED_PROBING)
        feed_probe_unheard(feed);
    else if (feed->query != FEED_IDLE)
        feed_lost(feed, "the database has gone silent", "is the network between us cut?");
    /* Otherwise a heartbeat is due, and is sent at the end of the turn. */
}

/* ---- at the end of a turn ---- */

/* A source_ops.go_live */
static void feed_go_live(struct source *source)
{
    struct feed *feed = feed_of(source);

    feed->source.was_live = true;
    relay_stats.feed_connects++;
    feed->logged_ms = 0;
    feed->source.reason[0] = '\0';
    backoff_reset(&feed->backoff);
    log_info("the feed is live", LOG_TEXT("host", PQhost(feed->conn)),
             LOG_TEXT("database", PQdb(feed->conn)),
             LOG_TEXT("source", feed->is_polling ? "poll" : "listen"),
             LOG_TEXT("epoch", feed->source.hub->epoch),
             LOG_NUMBER("matches", feed->source.hub->topics.count - 1));
    feed_set_state(feed, FEED_LIVE);
}

static void feed_send_report(struct feed *feed, const char *const fields[REPORT_FIELDS])
{
    if (!report_send(feed->conn, fields)) {
        feed_broken(feed);
        return;
    }
    feed->query = FEED_REPORT;
    feed_arm(feed, 2 * feed->settings.heartbeat_ms);
    (void)feed_flush(feed);
}

static void feed_report_itself(struct feed *feed)
{
    struct report_values values;
    struct gauges now;

    gauges_take(&now, &feed->source);
    feed->passes_on = false;
    if (report_collect(&values, &feed->report, &feed->source, &now))
        feed_send_report(feed, values.fields);
    else
        feed_lost(feed, "out of memory", "give the relay more");
    report_values_free(&values);
}

/* A database that takes no report of this relay takes none of others. */
static bool feed_passes_on(struct feed *feed)
{
    struct told_report *report = NULL;

    if (feed->settings.report_interval_ms > 0 && !*feed->report.refused)
        report = reports_next(&feed->source.reports);
    if (!report)
        return false;
    feed->passes_on = true;
    feed_send_report(feed, report->fields);
    free(report);
    return true;
}

/* A source_ops.report */
static bool feed_report(struct source *source, int64_t late_ms)
{
    struct feed *feed = feed_of(source);

    if (feed->is_polling)
        return false;
    if (!report_is_due(&feed->report, clock_ms() - late_ms))
        return late_ms == 0 && feed_passes_on(feed);
    feed_report_itself(feed);
    return true;
}

/* A source_ops.rest */
static bool feed_rest(struct source *source, int64_t late_ms)
{
    struct feed *feed = feed_of(source);

    if (feed_polls(feed, late_ms))
        return true;
    if (late_ms > 0 || feed->state != FEED_LIVE || !feed_must_ask_again(feed))
        return false;
    feed_ask_again(feed);
    return true;
}

/* A source_ops.wait */
static void feed_wait(struct source *source)
{
    struct feed *feed = feed_of(source);
    const char *hint, *reason = source_waits_for(source, &hint);

    feed_set_reason(feed, reason);
    feed_log_reason(feed, hint);
    feed_await(feed);
}

/* A source_ops.is_free */
static bool feed_is_free(const struct source *source)
{
    const struct feed *feed = (const struct feed *)source;

    return feed->state >= FEED_CATCHING_UP && feed->query == FEED_IDLE;
}

/* ---- from outside ---- */

/* A source_ops.start */
static void feed_start(struct source *source)
{
    feed_connect(feed_of(source));
}

/* A source_ops.stop */
static void feed_stop(struct source *source)
{
    struct feed *feed = feed_of(source);

    feed_disconnect(feed);
    reports_free(&source->reports);
    event_free(feed->timer);
    free(feed);
}

/* A source_ops.broken */
static void feed_on_broken(struct source *source)
{
    feed_broken(feed_of(source));
}

static const struct source_ops feed_ops = {
    .start = feed_start,
    .stop = feed_stop,
    .is_free = feed_is_free,
    .check = feed_check,
    .newer = feed_newer,
    .load = feed_load,
    .history = feed_newer,
    .can_list = feed_can_list,
    .list = feed_list,
    .report = feed_report,
    .go_live = feed_go_live,
    .wait = feed_wait,
    .rest = feed_rest,
    .broken = feed_on_broken,
};

struct source *feed_new(struct event_base *base, struct hub *hub,
                        const struct feed_settings *settings)
{
    struct feed *feed = calloc(1, sizeof(*feed));

    if (!feed)
        return NULL;
    feed->timer = evtimer_new(base, feed_on_timer, feed);
    if (!feed->timer) {
        free(feed);
        return NULL;
    }
    source_init(&feed->source, &feed_ops, hub, settings->heartbeat_ms);
    catchup_init(&feed->catchup, &feed->source);
    feed->base = base;
    feed->settings = *settings;
    feed->backoff = (struct backoff){BACKOFF_BASE_MS, BACKOFF_CAP_MS, 0};
    report_init(&feed->report, feed->source.relay_id, settings->report_interval_ms);
    feed_set_reason(feed, "not connected yet");
    return &feed->source;
}
