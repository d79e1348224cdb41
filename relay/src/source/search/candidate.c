/* A candidate: connects, asks what it has reached, and tries again. */
#include "source/search/candidate.h"

#include <event2/event.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "net/watch.h"

#define BRIEF_CAP_MS 500 /* viewers are to be served a second after a promotion */
#define LONG_CAP_MS 3000 /* back within 5 s of a database that is full */
#define BACKOFF_BASE_MS 100
#define STANDBY_ASK_MS 200

/* A standby says so at once; a session may be read-only for another reason. */
static const char ask_sql[] = "SET LOCAL ROLE NONE; SET LOCAL statement_timeout = 0;"
                              " SELECT pg_catalog.pg_is_in_recovery(),"
                              " pg_catalog.current_setting('transaction_read_only') = 'on'";

static const struct diagnosis no_primary = {
    "", false, true,
    "no primary is among the hosts: promote one, or name it in --database or PGHOST"};
static const struct diagnosis read_only = {
    "", false, false,
    "default_transaction_read_only is on for this role or database: set it to off, or take "
    "target_session_attrs=read-write out of --database, for the relay does not need it"};
static const struct diagnosis silent = {"", false, true, "is a firewall in between?"};

static void on_io(evutil_socket_t fd, short what, void *context);

static void arm(struct candidate *candidate, int64_t delay_ms)
{
    const struct timeval delay = {delay_ms / 1000, (delay_ms % 1000) * 1000};

    event_add(candidate->timer, &delay);
}

/* ---- not serving ---- */

static void disconnect(struct candidate *candidate)
{
    watch_end(&candidate->io);
    PQclear(candidate->answer);
    candidate->answer = NULL;
    PQfinish(candidate->conn);
    candidate->conn = NULL;
}

static void wait_for_next(struct candidate *candidate)
{
    uint32_t random;

    evutil_secure_rng_get_bytes(&random, sizeof(random));
    candidate->backoff.cap_ms = candidate->diagnosis->is_brief ? BRIEF_CAP_MS : LONG_CAP_MS;
    candidate->state = CANDIDATE_WAITING;
    arm(candidate, backoff_next_ms(&candidate->backoff, random));
}

static void fail(struct candidate *candidate, const char *message,
                 const struct diagnosis *diagnosis)
{
    diagnosis_reason(candidate->reason, message);
    candidate->diagnosis = diagnosis;
    disconnect(candidate);
    wait_for_next(candidate);
    candidate->settings->on_failed(candidate->settings->context, candidate);
}

static const struct diagnosis no_password = {"", true, false,
                                             "a password is asked for: put it into ~/.pgpass"};

static void fail_by_libpq(struct candidate *candidate)
{
    const char *message = candidate->conn ? PQerrorMessage(candidate->conn) : "out of memory";
    const struct diagnosis *diagnosis = diagnosis_of_message(message);

    if (!diagnosis->is_for_good && candidate->conn && PQconnectionNeedsPassword(candidate->conn))
        diagnosis = &no_password;
    fail(candidate, message, diagnosis);
}

/* Of a session that is there: it is not what the relay needs. */
static void describe(struct candidate *candidate, const char *what)
{
    snprintf(candidate->reason, sizeof(candidate->reason), "the server at \"%s\", port %s, %s",
             PQhost(candidate->conn), PQport(candidate->conn), what);
}

/* ---- asking ---- */

static bool watch(struct candidate *candidate, short events)
{
    return watch_socket(&candidate->io, candidate->settings->base, PQsocket(candidate->conn),
                        events, on_io, candidate);
}

static void candidate_ask(struct candidate *candidate)
{
    candidate->state = CANDIDATE_ASKING;
    arm(candidate, candidate->settings->patience_ms);
    if (!PQsendQuery(candidate->conn, ask_sql) || !watch(candidate, EV_READ))
        fail_by_libpq(candidate);
}

static void candidate_is_standby(struct candidate *candidate)
{
    describe(candidate, "is a standby");
    candidate->diagnosis = &no_primary;
    candidate->state = CANDIDATE_STANDBY;
    arm(candidate, STANDBY_ASK_MS);
    candidate->settings->on_failed(candidate->settings->context, candidate);
}

static bool is_true(const PGresult *result, int column)
{
    return *PQgetvalue(result, 0, column) == 't';
}

static void candidate_answered(struct candidate *candidate, const PGresult *result)
{
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail(candidate, PQresultErrorMessage(result),
             diagnosis_of_state(PQresultErrorField(result, PG_DIAG_SQLSTATE)));
    } else if (is_true(result, 0)) {
        candidate_is_standby(candidate);
    } else if (candidate->settings->needs_read_write && is_true(result, 1)) {
        describe(candidate, "has read-only sessions");
        fail(candidate, candidate->reason, &read_only);
    } else {
        event_del(candidate->timer);
        candidate->settings->on_found(candidate->settings->context, candidate);
    }
}

/* All of the answer is here: the session is idle. */
static void candidate_take_answer(struct candidate *candidate)
{
    PGresult *answer = candidate->answer;

    candidate->answer = NULL;
    candidate_answered(candidate, answer);
    PQclear(answer);
}

static void candidate_read(struct candidate *candidate)
{
    PGresult *result;

    if (!PQconsumeInput(candidate->conn)) {
        fail_by_libpq(candidate);
        return;
    }
    while (candidate->state == CANDIDATE_ASKING && !PQisBusy(candidate->conn)) {
        result = PQgetResult(candidate->conn);
        if (!result) {
            candidate_take_answer(candidate);
            return;
        }
        PQclear(candidate->answer);
        candidate->answer = result;
    }
}

/* ---- connecting ---- */

/* libpq may close the socket in each step: see watch.h. */
static void candidate_go_on(struct candidate *candidate)
{
    bool is_watched = true;

    watch_end(&candidate->io);
    switch (PQconnectPoll(candidate->conn)) {
    case PGRES_POLLING_READING:
        is_watched = watch(candidate, EV_READ);
        break;
    case PGRES_POLLING_WRITING:
        is_watched = watch(candidate, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        candidate_ask(candidate);
        break;
    default:
        fail_by_libpq(candidate);
        break;
    }
    if (!is_watched)
        fail(candidate, "out of memory", diagnosis_of_message(""));
}

static void on_io(evutil_socket_t fd, short what, void *context)
{
    struct candidate *candidate = context;

    (void)fd;
    (void)what;
    if (candidate->state == CANDIDATE_CONNECTING)
        candidate_go_on(candidate);
    else
        candidate_read(candidate);
}

static void ignore_message(void *context, const char *message)
{
    (void)context;
    log_debug("message of the database", LOG_TEXT("text", message));
}

static void candidate_connect(struct candidate *candidate)
{
    candidate->has_begun = true;
    candidate->state = CANDIDATE_CONNECTING;
    candidate->conn = conninfo_connect(candidate->settings->conninfo, &candidate->host);
    if (!candidate->conn || PQstatus(candidate->conn) == CONNECTION_BAD) {
        fail_by_libpq(candidate);
        return;
    }
    PQsetErrorVerbosity(candidate->conn, PQERRORS_VERBOSE);
    PQsetNoticeProcessor(candidate->conn, ignore_message, NULL);
    arm(candidate, candidate->settings->patience_ms);
    if (!watch(candidate, EV_WRITE))
        fail(candidate, "out of memory", diagnosis_of_message(""));
}

static void on_silence(struct candidate *candidate)
{
    char message[512];

    snprintf(message, sizeof(message), "connection to server at \"%s\"%s%s, port %s: no answer",
             PQhost(candidate->conn), *candidate->host.hostaddr ? " " : "",
             candidate->host.hostaddr, PQport(candidate->conn));
    fail(candidate, message, &silent);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct candidate *candidate = context;

    (void)fd;
    (void)what;
    switch (candidate->state) {
    case CANDIDATE_WAITING:
        candidate_connect(candidate);
        break;
    case CANDIDATE_STANDBY:
        candidate_ask(candidate);
        break;
    case CANDIDATE_CONNECTING:
    case CANDIDATE_ASKING:
        on_silence(candidate);
        break;
    }
}

/* ---- from outside ---- */

struct candidate *candidate_new(const struct candidate_settings *settings,
                                const struct conninfo_host *host, int64_t delay_ms)
{
    struct candidate *candidate = calloc(1, sizeof(*candidate));

    if (!candidate)
        return NULL;
    candidate->settings = settings;
    candidate->host = *host;
    candidate->diagnosis = diagnosis_of_message("");
    candidate->backoff = (struct backoff){BACKOFF_BASE_MS, BRIEF_CAP_MS, 0};
    candidate->timer = evtimer_new(settings->base, on_timer, candidate);
    if (!candidate->timer) {
        free(candidate);
        return NULL;
    }
    arm(candidate, delay_ms);
    return candidate;
}

void candidate_free(struct candidate *candidate)
{
    disconnect(candidate);
    event_free(candidate->timer);
    free(candidate);
}

void candidate_hurry(struct candidate *candidate)
{
    if (!candidate->has_begun)
        arm(candidate, 0);
}

PGconn *candidate_take(struct candidate *candidate)
{
    PGconn *conn = candidate->conn;

    watch_end(&candidate->io);
    candidate->conn = NULL;
    return conn;
}
