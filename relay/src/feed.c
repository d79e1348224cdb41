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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backoff.h"
#include "catchup.h"
#include "clock.h"
#include "gauges.h"
#include "hub.h"
#include "log.h"
#include "report.h"
#include "stats.h"

#define CHANNEL "commentary"
#define CONNECT_MS 10000
#define BACKOFF_BASE_MS 100
#define BACKOFF_CAP_MS 3000 /* back within 5 s of the database's return */
#define REPEAT_LOG_MS 30000

enum feed_state { FEED_DOWN, FEED_CONNECTING, FEED_CATCHING_UP, FEED_LIVE };
enum feed_query { FEED_IDLE, FEED_LISTEN, FEED_READ, FEED_REPORT };

struct feed {
    struct event_base *base;
    struct hub *hub;
    struct feed_settings settings;
    enum feed_state state;
    enum feed_query query;
    PGconn *conn;
    struct event *io;    /* of the connection's socket */
    short io_events;     /* what it waits for */
    struct event *timer; /* see above */
    struct backoff backoff;
    struct catchup catchup;
    struct report report;
    int64_t check_ms;  /* when the next heartbeat is due */
    bool was_live;     /* ever */
    char reason[256];  /* why it is not live */
    int64_t heard_ms;  /* when the database last said something; 0: not yet */
    int64_t logged_ms; /* when that was last logged; 0: not yet */
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
                                         [FEED_CATCHING_UP] = HUB_TRYING,
                                         [FEED_LIVE] = HUB_LIVE};

    feed->state = state;
    hub_set_feed(feed->hub, seen[state]);
}

/* The socket may be another one after each step of connecting, so the event is, too. */
static bool feed_watch(struct feed *feed, short events)
{
    int fd = PQsocket(feed->conn);

    if (feed->io && event_get_fd(feed->io) == fd && feed->io_events == events)
        return true;
    if (feed->io)
        event_free(feed->io);
    feed->io_events = events;
    feed->io = event_new(feed->base, fd, (short)(events | EV_PERSIST), feed_on_io, feed);
    return feed->io && event_add(feed->io, NULL) == 0;
}

static void feed_disconnect(struct feed *feed)
{
    if (feed->io)
        event_free(feed->io);
    feed->io = NULL;
    PQfinish(feed->conn);
    feed->conn = NULL;
    feed->query = FEED_IDLE;
    catchup_abort(&feed->catchup);
}

/* libpq's messages span lines; what is logged and shown is the first. */
static void feed_set_reason(struct feed *feed, const char *reason)
{
    size_t length = strcspn(reason, "\n");

    if (length >= sizeof(feed->reason))
        length = sizeof(feed->reason) - 1;
    if (strncmp(feed->reason, reason, length) != 0 || feed->reason[length] != '\0')
        feed->logged_ms = 0;
    memcpy(feed->reason, reason, length);
    feed->reason[length] = '\0';
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
    feed_lost(feed, PQerrorMessage(feed->conn), "is PostgreSQL running and reachable?");
}

/* ---- connecting ---- */

/*
 * Before a connection stands libpq gives no SQLSTATE, but in verbose messages it
 * writes one: FATAL:  28P01: password authentication failed ...
 */
static bool message_has_state(const char *message, const char *state)
{
    char pattern[16];

    snprintf(pattern, sizeof(pattern), ":  %s", state);
    return strstr(message, pattern) != NULL;
}

/* Wrong name, password or database: trying again would not help, and lock accounts. */
static bool is_refused(PGconn *conn)
{
    const char *message = PQerrorMessage(conn);

    return PQconnectionNeedsPassword(conn) || message_has_state(message, "28000:") ||
           message_has_state(message, "28P01:") || message_has_state(message, "3D000:");
}

static void feed_connect_failed(struct feed *feed)
{
    if (feed->was_live || !is_refused(feed->conn)) {
        feed_broken(feed);
        return;
    }
    feed_set_reason(feed, PQerrorMessage(feed->conn));
    log_error("the database refuses the relay", LOG_TEXT("reason", feed->reason),
              LOG_TEXT("hint", "check role, password and database name in --database or PG*"));
    feed_disconnect(feed);
    feed_set_state(feed, FEED_DOWN);
    feed->settings.on_refused(feed->settings.context);
}

static void feed_ignore_message(void *context, const char *message)
{
    (void)context;
    log_debug("message of the database", LOG_TEXT("text", message));
}

static void feed_listen(struct feed *feed)
{
    log_debug("connected", LOG_TEXT("host", PQhost(feed->conn)),
              LOG_TEXT("port", PQport(feed->conn)), LOG_TEXT("database", PQdb(feed->conn)),
              LOG_TEXT("role", PQuser(feed->conn)));
    PQsetErrorVerbosity(feed->conn, PQERRORS_DEFAULT);
    feed_set_state(feed, FEED_CATCHING_UP);
    if (PQsetnonblocking(feed->conn, 1) != 0 || !PQsendQuery(feed->conn, "LISTEN " CHANNEL)) {
        feed_broken(feed);
        return;
    }
    feed->query = FEED_LISTEN;
    feed_arm(feed, 2 * feed->settings.heartbeat_ms);
    if (!feed_watch(feed, EV_READ | EV_WRITE))
        feed_lost(feed, "out of memory", "give the relay more");
}

static void feed_go_on_connecting(struct feed *feed)
{
    bool is_watched = true;

    switch (PQconnectPoll(feed->conn)) {
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
    const char *const keywords[] = {"dbname", "client_encoding", "fallback_application_name", NULL};
    const char *const values[] = {feed->settings.conninfo, "UTF8", "commentary-relay", NULL};

    feed_set_state(feed, FEED_CONNECTING);
    feed->conn = PQconnectStartParams(keywords, values, 1);
    if (!feed->conn || PQstatus(feed->conn) == CONNECTION_BAD) {
        feed_broken(feed);
        return;
    }
    PQsetErrorVerbosity(feed->conn, PQERRORS_VERBOSE);
    PQsetNoticeProcessor(feed->conn, feed_ignore_message, NULL);
    feed_arm(feed, CONNECT_MS);
    if (!feed_watch(feed, EV_WRITE))
        feed_lost(feed, "out of memory", "give the relay more");
}

/* ---- talking ---- */

static const char *hint_for(const char *sqlstate)
{
    if (!sqlstate)
        return "is PostgreSQL running and reachable?";
    if (strcmp(sqlstate, "3F000") == 0 || strcmp(sqlstate, "42883") == 0)
        return "run CREATE EXTENSION commentary in this database, or ALTER EXTENSION commentary "
               "UPDATE";
    if (strcmp(sqlstate, "42501") == 0)
        return "grant the relay's role USAGE on schema commentary and EXECUTE on its functions";
    if (strcmp(sqlstate, "25006") == 0)
        return "this is a standby: LISTEN needs the primary (target_session_attrs=read-write)";
    return "see the reason";
}

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
    case PGRES_COMMAND_OK:
        return true;
    default:
        feed_lost(feed, PQresultErrorMessage(result),
                  hint_for(PQresultErrorField(result, PG_DIAG_SQLSTATE)));
        return false;
    }
}

/* Reports must not put it off, however often they are: it is what finds lost notifications. */
static void feed_await_check(struct feed *feed)
{
    int64_t left_ms = feed->check_ms - clock_ms();

    feed_arm(feed, left_ms > 0 ? left_ms : 0);
}

/* LISTEN comes first and catching up after it: what happens in between is heard. */
static void feed_query_done(struct feed *feed)
{
    enum feed_query done = feed->query;

    feed->query = FEED_IDLE;
    if (done == FEED_REPORT) {
        feed_await_check(feed);
        return;
    }
    feed->check_ms = clock_ms() + feed->settings.heartbeat_ms;
    feed_await_check(feed);
    if (done == FEED_LISTEN)
        catchup_begin(&feed->catchup);
    else
        catchup_done(&feed->catchup);
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
        hub_notice(feed->hub, notify->extra);
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
        feed_lost(feed, "no answer while connecting", "is a firewall in between?");
    else if (feed->query != FEED_IDLE)
        feed_lost(feed, "the database has gone silent", "is the network between us cut?");
    else
        feed->hub->needs_check = true; /* a heartbeat; feed_turn_end() sends it */
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

/* A heartbeat that is due goes first: its timer is not heard while a query is under way. */
static bool feed_may_report(const struct feed *feed, int64_t now_ms)
{
    return feed->state == FEED_LIVE && now_ms < feed->check_ms &&
           report_is_due(&feed->report, now_ms);
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
    switch (catchup_send(&feed->catchup, feed->conn)) {
    case CATCHUP_IDLE:
        if (feed_may_report(feed, clock_ms()))
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

char *feed_check_conninfo(const char *conninfo)
{
    char *error = NULL, *copy;
    PQconninfoOption *options = PQconninfoParse(conninfo, &error);

    PQconninfoFree(options);
    if (options)
        return NULL;
    copy = strdup(error ? error : "out of memory");
    PQfreemem(error);
    return copy;
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
