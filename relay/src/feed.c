/*
 * The feed's connection to PostgreSQL.
 *
 * One query at most is under way. One timer serves all waiting; what it means
 * depends on the state: the end of a pause, of patience, or the next heartbeat.
 */
#include "feed.h"

#include <event2/event.h>
#include <event2/util.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "backoff.h"
#include "catchup.h"
#include "clock.h"
#include "conninfo.h"
#include "diagnosis.h"
#include "gauges.h"
#include "hub.h"
#include "log.h"
#include "probe.h"
#include "report.h"
#include "stats.h"
#include "watch.h"

#define CHANNEL "commentary"
#define BACKOFF_BASE_MS 100
#define BACKOFF_CAP_MS 3000 /* back within 5 s of the database's return */
#define REPEAT_LOG_MS 30000

enum feed_state { FEED_DOWN, FEED_CONNECTING, FEED_PROBING, FEED_CATCHING_UP, FEED_LIVE };
enum feed_query { FEED_IDLE, FEED_LISTEN, FEED_READ, FEED_REPORT };

struct feed {
    struct event_base *base;
    struct hub *hub;
    struct feed_settings settings;
    enum feed_state state;
    enum feed_query query;
    PGconn *conn;
    struct event *io;    /* of the connection's socket */
    struct event *timer; /* see above */
    struct backoff backoff;
    struct catchup catchup;
    struct report report;
    struct probe *probe;                 /* FEED_PROBING */
    bool is_probe_sent;                  /* and if a session is ours, we shall hear it */
    int session_pid;                     /* of the process that answers us */
    unsigned hosts;                      /* so many are named in the connection string */
    unsigned first_host;                 /* with which the next attempt begins */
    unsigned hosts_tried;                /* in this one, besides the first */
    const char *host;                    /* libpq's: where this attempt has got to */
    int64_t patience_ms;                 /* with each */
    int64_t check_due_ms;                /* the next heartbeat */
    bool was_live;                       /* ever */
    char reason[DIAGNOSIS_REASON_BYTES]; /* why it is not live */
    int64_t heard_ms;                    /* when the database last said something; 0: not yet */
    int64_t logged_ms;                   /* when that was last logged; 0: not yet */
};

static void feed_connect(struct feed *feed);
static void feed_on_timer(evutil_socket_t fd, short what, void *context);
static void feed_on_io(evutil_socket_t fd, short what, void *context);

/* ---- state ---- */

static void feed_arm(struct feed *feed, int64_t delay_ms)
{
    const struct timeval delay = {delay_ms / 1000, (delay_ms % 1000) * 1000};

    event_add(feed->timer, &delay);
}

static void feed_set_state(struct feed *feed, enum feed_state state)
{
    static const enum hub_feed seen[] = {[FEED_DOWN] = HUB_AWAY,
                                         [FEED_CONNECTING] = HUB_TRYING,
                                         [FEED_PROBING] = HUB_TRYING,
                                         [FEED_CATCHING_UP] = HUB_TRYING,
                                         [FEED_LIVE] = HUB_LIVE};

    feed->state = state;
    hub_set_feed(feed->hub, seen[state]);
}

static bool feed_watch(struct feed *feed, short events)
{
    return watch_socket(&feed->io, feed->base, PQsocket(feed->conn), events, feed_on_io, feed);
}

static void feed_disconnect(struct feed *feed)
{
    watch_end(&feed->io);
    probe_free(feed->probe);
    feed->probe = NULL;
    PQfinish(feed->conn);
    feed->conn = NULL;
    feed->query = FEED_IDLE;
    catchup_abort(&feed->catchup);
}

/* Another reason than before is logged at once. */
static void feed_set_reason(struct feed *feed, const char *message)
{
    char before[DIAGNOSIS_REASON_BYTES];

    memcpy(before, feed->reason, sizeof(before));
    diagnosis_reason(feed->reason, message);
    if (strcmp(before, feed->reason) != 0)
        feed->logged_ms = 0;
}

static void feed_log_reason(struct feed *feed, int retry_ms, const char *hint)
{
    int64_t now_ms = clock_ms();
    bool is_news = feed->state == FEED_LIVE || feed->logged_ms == 0 ||
                   now_ms - feed->logged_ms >= REPEAT_LOG_MS;

    if (is_news)
        feed->logged_ms = now_ms;
    log_at(is_news ? LOG_WARN : LOG_DEBUG, "the feed is down: trying again",
           LOG_TEXT("reason", feed->reason), LOG_TEXT("hint", hint),
           LOG_NUMBER("retry_in_ms", retry_ms));
}

/* The only way down. The hint says what to do about it. */
static void feed_lost(struct feed *feed, const char *reason, const char *hint)
{
    uint32_t random;
    int retry_ms;

    evutil_secure_rng_get_bytes(&random, sizeof(random));
    retry_ms = backoff_next_ms(&feed->backoff, random);
    relay_stats.feed_losses++;
    feed_set_reason(feed, reason);
    feed_log_reason(feed, retry_ms, hint);
    feed_disconnect(feed);
    feed_set_state(feed, FEED_DOWN);
    feed_arm(feed, retry_ms);
}

static void feed_broken(struct feed *feed)
{
    const char *message = PQerrorMessage(feed->conn);

    feed_lost(feed, message, diagnosis_of_message(message)->hint);
}

/* For good, but only before the first success: who has viewers goes on trying. */
static void feed_refused(struct feed *feed, const char *reason, const char *hint)
{
    if (feed->was_live) {
        feed_lost(feed, reason, hint);
        return;
    }
    feed_set_reason(feed, reason);
    log_error("the database refuses the relay", LOG_TEXT("reason", feed->reason),
              LOG_TEXT("hint", hint));
    feed_disconnect(feed);
    feed_set_state(feed, FEED_DOWN);
    feed->settings.on_refused(feed->settings.context);
}

/* The host has been silent for too long: the next attempt begins with the one after it. */
static void feed_silent(struct feed *feed, const char *reason, const char *hint)
{
    feed->first_host = (feed->first_host + feed->hosts_tried + 1) % feed->hosts;
    feed_lost(feed, reason, hint);
}

/* ---- connecting ---- */

static void feed_connect_failed(struct feed *feed)
{
    const char *message = PQerrorMessage(feed->conn);
    const struct diagnosis *diagnosis = diagnosis_of_message(message);

    if (diagnosis->is_for_good)
        feed_refused(feed, message, diagnosis->hint);
    else if (PQconnectionNeedsPassword(feed->conn))
        feed_refused(feed, message, "a password is asked for: put it into ~/.pgpass");
    else
        feed_lost(feed, message, diagnosis->hint);
}

static void feed_ignore_message(void *context, const char *message)
{
    (void)context;
    log_debug("message of the database", LOG_TEXT("text", message));
}

/* In one transaction, so that it is one session that LISTENs and answers. */
static const char listen_sql[] =
    "LISTEN " CHANNEL "; LISTEN " PROBE_CHANNEL "; SELECT pg_catalog.pg_backend_pid()";

static void feed_listen(struct feed *feed)
{
    log_debug("connected", LOG_TEXT("host", PQhost(feed->conn)),
              LOG_TEXT("port", PQport(feed->conn)), LOG_TEXT("database", PQdb(feed->conn)),
              LOG_TEXT("role", PQuser(feed->conn)));
    PQsetErrorVerbosity(feed->conn, PQERRORS_DEFAULT);
    feed_set_state(feed, FEED_CATCHING_UP);
    if (PQsetnonblocking(feed->conn, 1) != 0 || !PQsendQuery(feed->conn, listen_sql)) {
        feed_broken(feed);
        return;
    }
    feed->query = FEED_LISTEN;
    feed_arm(feed, 2 * feed->settings.heartbeat_ms);
    if (!feed_watch(feed, EV_READ | EV_WRITE))
        feed_lost(feed, "out of memory", "give the relay more");
}

/* libpq has gone on to its next host: that has as much time as the one before. */
static void feed_note_host(struct feed *feed)
{
    if (feed->host == PQhost(feed->conn))
        return;
    feed->hosts_tried += feed->host != NULL;
    feed->host = PQhost(feed->conn);
    feed_arm(feed, feed->patience_ms);
}

static void feed_go_on_connecting(struct feed *feed)
{
    PostgresPollingStatusType status = PQconnectPoll(feed->conn);
    bool is_watched = true;

    feed_note_host(feed);
    switch (status) {
    case PGRES_POLLING_READING:
        is_watched = feed_watch(feed, EV_READ);
        break;
    case PGRES_POLLING_WRITING:
        is_watched = feed_watch(feed, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        feed_listen(feed);
        break;
    default:
        feed_connect_failed(feed);
        break;
    }
    if (!is_watched)
        feed_lost(feed, "out of memory", "give the relay more");
}

static void feed_connect(struct feed *feed)
{
    feed_set_state(feed, FEED_CONNECTING);
    feed->hosts_tried = 0;
    feed->host = NULL;
    feed->conn = conninfo_connect(feed->settings.conninfo, feed->first_host);
    if (!feed->conn || PQstatus(feed->conn) == CONNECTION_BAD) {
        feed_broken(feed);
        return;
    }
    PQsetErrorVerbosity(feed->conn, PQERRORS_VERBOSE);
    PQsetNoticeProcessor(feed->conn, feed_ignore_message, NULL);
    feed_note_host(feed);
    if (!feed_watch(feed, EV_WRITE))
        feed_lost(feed, "out of memory", "give the relay more");
}

/* ---- a pooler in between ---- */

static void feed_begin_to_catch_up(struct feed *feed)
{
    probe_free(feed->probe);
    feed->probe = NULL;
    feed_set_state(feed, FEED_CATCHING_UP);
    catchup_begin(&feed->catchup);
}

/* Nobody knows; the heartbeat finds what is not announced, only later. */
static void feed_probe_failed(struct feed *feed)
{
    log_warn("there is a pooler between the relay and PostgreSQL",
             LOG_TEXT("hint", "LISTEN passes it in session mode only: see that it is in that"));
    feed_begin_to_catch_up(feed);
}

/* A probe_settings.on_end. Now it is the turn of our own connection, to hear it. */
static void feed_on_probe_end(void *context, bool is_sent)
{
    struct feed *feed = context;

    feed->is_probe_sent = is_sent;
    if (is_sent)
        feed_arm(feed, 2 * feed->settings.heartbeat_ms);
    else
        feed_probe_failed(feed);
}

static void feed_probe(struct feed *feed)
{
    const struct probe_settings settings = {feed->base, feed->settings.conninfo, feed->first_host,
                                            feed_on_probe_end, feed};

    feed_set_state(feed, FEED_PROBING);
    feed->is_probe_sent = false;
    feed->probe = probe_new(&settings);
    feed_arm(feed, feed->patience_ms);
    if (!feed->probe)
        feed_probe_failed(feed);
}

static void feed_probe_unheard(struct feed *feed)
{
    if (feed->is_probe_sent)
        feed_refused(feed, "notifications do not pass the pooler in front of PostgreSQL",
                     "a pooler in transaction mode cannot carry LISTEN: connect the relay to "
                     "PostgreSQL itself, or to a pool in session mode");
    else
        feed_probe_failed(feed);
}

/* ---- talking ---- */

/* A session that ends says so as an error of the query that is under way. */
static bool ends_session(const PGconn *conn, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return PQstatus(conn) == CONNECTION_BAD || !sqlstate || strncmp(sqlstate, "57P", 3) == 0;
}

static bool feed_take_report(struct feed *feed, const PGresult *result)
{
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        report_taken(&feed->report);
    else if (ends_session(feed->conn, result))
        return false;
    else
        report_refused(&feed->report, result);
    return true;
}

/* False: the query failed, and the connection is gone. */
static bool feed_take_result(struct feed *feed, const PGresult *result)
{
    if (feed->query == FEED_REPORT && feed_take_report(feed, result))
        return true;
    switch (PQresultStatus(result)) {
    case PGRES_SINGLE_TUPLE:
        catchup_row(&feed->catchup, result);
        return true;
    case PGRES_TUPLES_OK:
        if (feed->query == FEED_LISTEN)
            feed->session_pid = atoi(PQgetvalue(result, 0, 0));
        return true;
    case PGRES_COMMAND_OK:
        return true;
    default:
        feed_lost(feed, PQresultErrorMessage(result),
                  diagnosis_of_state(PQresultErrorField(result, PG_DIAG_SQLSTATE))->hint);
        return false;
    }
}

/* Nothing may put it off: it is what finds lost notifications. */
static void feed_await_check(struct feed *feed)
{
    int64_t left_ms = feed->check_due_ms - clock_ms();

    feed_arm(feed, left_ms > 0 ? left_ms : 0);
}

/* LISTEN comes first and catching up after it: what happens in between is heard. */
static void feed_query_done(struct feed *feed)
{
    enum feed_query done = feed->query;

    feed->query = FEED_IDLE;
    feed_await_check(feed);
    if (done == FEED_REPORT)
        return;
    if (done == FEED_READ)
        catchup_done(&feed->catchup);
    else if (probe_is_needed(feed->conn, feed->session_pid))
        feed_probe(feed);
    else
        feed_begin_to_catch_up(feed);
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

static void feed_take_notices(struct feed *feed)
{
    PGnotify *notify;

    while ((notify = PQnotifies(feed->conn))) {
        if (strcmp(notify->relname, CHANNEL) == 0)
            hub_notice(feed->hub, notify->extra);
        else if (feed->probe && strcmp(notify->extra, probe_token(feed->probe)) == 0)
            feed_begin_to_catch_up(feed);
        PQfreemem(notify);
    }
}

/* Rows before notifications: those are newer than what is being read. */
static void feed_read(struct feed *feed)
{
    if (!PQconsumeInput(feed->conn)) {
        feed_broken(feed);
        return;
    }
    feed->heard_ms = clock_ms();
    if (feed->query != FEED_IDLE)
        feed_arm(feed, 2 * feed->settings.heartbeat_ms); /* it is not silent */
    if (feed_take_results(feed))
        feed_take_notices(feed);
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
    if (feed->state == FEED_CONNECTING) {
        feed_go_on_connecting(feed);
        return;
    }
    if ((what & EV_WRITE) && !feed_flush(feed))
        return;
    if (what & EV_READ)
        feed_read(feed);
}

static void feed_on_timer(evutil_socket_t fd, short what, void *context)
{
    struct feed *feed = context;

    (void)fd;
    (void)what;
    if (feed->state == FEED_DOWN)
        feed_connect(feed);
    else if (feed->state == FEED_CONNECTING)
        feed_silent(feed, "no answer while connecting", "is a firewall in between?");
    else if (feed->state == FEED_PROBING)
        feed_probe_unheard(feed);
    else if (feed->query != FEED_IDLE)
        feed_silent(feed, "the database has gone silent", "is the network between us cut?");
    /* Else a heartbeat is due: feed_turn_end() sends it. */
}

static void feed_go_live(struct feed *feed)
{
    feed->was_live = true;
    relay_stats.feed_connects++;
    feed->logged_ms = 0;
    feed->reason[0] = '\0';
    backoff_reset(&feed->backoff);
    log_info("the feed is live", LOG_TEXT("host", PQhost(feed->conn)),
             LOG_TEXT("database", PQdb(feed->conn)), LOG_TEXT("epoch", feed->hub->epoch),
             LOG_NUMBER("matches", feed->hub->topics.count - 1));
    feed_set_state(feed, FEED_LIVE);
}

/* Also while there is always something else to read. */
static void feed_beat(struct feed *feed)
{
    if (clock_ms() >= feed->check_due_ms)
        feed->hub->needs_check = true;
    if (feed->hub->needs_check)
        feed->check_due_ms = clock_ms() + feed->settings.heartbeat_ms;
}

/* After everything that waits to be read: that is never held up by more than one report. */
static void feed_report(struct feed *feed)
{
    struct gauges now;

    gauges_take(&now, feed->hub, feed);
    if (!report_send(&feed->report, feed->conn, feed->hub, &now)) {
        feed_broken(feed);
        return;
    }
    feed->query = FEED_REPORT;
    feed_arm(feed, 2 * feed->settings.heartbeat_ms);
    (void)feed_flush(feed);
}

void feed_turn_end(struct feed *feed)
{
    if (feed->state < FEED_CATCHING_UP || feed->query != FEED_IDLE)
        return;
    if (feed->state == FEED_CATCHING_UP && catchup_is_complete(&feed->catchup))
        feed_go_live(feed);
    feed_beat(feed);
    switch (catchup_send(&feed->catchup, feed->conn)) {
    case CATCHUP_IDLE:
        if (feed->state == FEED_LIVE && report_is_due(&feed->report, clock_ms()))
            feed_report(feed);
        break;
    case CATCHUP_SENT:
        feed->query = FEED_READ;
        feed_arm(feed, 2 * feed->settings.heartbeat_ms);
        if (!feed_flush(feed))
            return;
        break;
    case CATCHUP_FAILED:
        feed_broken(feed);
        break;
    }
}

/* ---- from outside ---- */

struct feed *feed_new(struct event_base *base, struct hub *hub,
                      const struct feed_settings *settings)
{
    struct feed *feed = calloc(1, sizeof(*feed));

    if (!feed)
        return NULL;
    feed->base = base;
    feed->hub = hub;
    feed->settings = *settings;
    feed->backoff = (struct backoff){BACKOFF_BASE_MS, BACKOFF_CAP_MS, 0};
    feed->catchup.hub = hub;
    report_init(&feed->report, settings->report_interval_ms);
    feed->hosts = conninfo_hosts(settings->conninfo);
    feed->patience_ms = conninfo_patience_ms(settings->conninfo);
    feed_set_reason(feed, "not connected yet");
    feed->timer = evtimer_new(base, feed_on_timer, feed);
    if (!feed->timer) {
        free(feed);
        return NULL;
    }
    return feed;
}

void feed_free(struct feed *feed)
{
    feed_disconnect(feed);
    event_free(feed->timer);
    free(feed);
}

void feed_start(struct feed *feed)
{
    feed_connect(feed);
}

bool feed_is_live(const struct feed *feed, const char **reason)
{
    *reason = feed->reason;
    return feed->state == FEED_LIVE;
}

const char *feed_state_name(const struct feed *feed)
{
    static const char *const names[] = {[FEED_DOWN] = "down",
                                        [FEED_CONNECTING] = "connecting",
                                        [FEED_PROBING] = "connecting",
                                        [FEED_CATCHING_UP] = "catching_up",
                                        [FEED_LIVE] = "live"};

    return names[feed->state];
}

int64_t feed_heard_ms(const struct feed *feed)
{
    return feed->heard_ms ? clock_ms() - feed->heard_ms : -1;
}

int64_t feed_lag(const struct feed *feed)
{
    return catchup_lag(&feed->catchup);
}
