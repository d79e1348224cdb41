/*
 * How the feed's session hears of new entries.
 *
 * Any role may notify on a channel whose name it knows, so the extension has one with a
 * secret name, and commentary.listen() listens to it. Only the flusher notifies on it.
 *
 * An extension of before 1.2 has no such function, and a role may lack the right to call
 * it. Then the relay listens to the public channel and believes nothing that it hears
 * there: it is a hint to read the table. From time to time it tries to do better.
 */
#include "source/listen/feed_state.h"

#include <event2/util.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "hub/hub.h"

#define PUBLIC_CHANNEL "commentary"
#define SECRET_PREFIX "commentary_"
#define SECRET_DIGITS 32
#define ASK_AGAIN_MS 10000

/* Asking costs a round trip, and keeps errors out of the log of a server that is as it is. */
static const char ask_sql[] =
    FEED_SET_FIRST "SELECT pg_catalog.has_function_privilege("
                   "pg_catalog.to_regprocedure('commentary.listen()'), 'EXECUTE'),"
                   " pg_catalog.has_function_privilege("
                   "pg_catalog.to_regprocedure('commentary.ack_status()'), 'EXECUTE'),"
                   " pg_catalog.pg_is_in_recovery(), pg_catalog.has_function_privilege("
                   "pg_catalog.to_regprocedure('commentary.flushed_after(bigint,integer)'),"
                   " 'EXECUTE'), pg_catalog.has_function_privilege("
                   "pg_catalog.to_regprocedure('commentary.lines(bigint,bigint,integer)'),"
                   " 'EXECUTE'), pg_catalog.has_function_privilege("
                   "pg_catalog.to_regprocedure('commentary.branches(bigint)'), 'EXECUTE'),"
                   " pg_catalog.has_function_privilege("
                   "pg_catalog.to_regprocedure('commentary.region_status()'), 'EXECUTE'),"
                   " pg_catalog.has_function_privilege(pg_catalog.to_regprocedure("
                   "'commentary.matches(bigint,text[],text,integer)'), 'EXECUTE')";

struct refusal {
    const char *message;
    const char *hint;
};

static const struct refusal of_old = {
    "the extension is of before 1.2: the relay follows hints on the public channel",
    "run ALTER EXTENSION commentary UPDATE in this database, and sql/roles.sql again"};
static const struct refusal of_right = {
    "the relay's role may not listen: the relay follows hints on the public channel",
    "GRANT EXECUTE ON FUNCTION commentary.listen() TO the relay's role, or run sql/roles.sql "
    "again"};
static const struct refusal of_library = {
    "the extension is not loaded: the relay reads the table at each heartbeat",
    "add commentary to shared_preload_libraries, and restart PostgreSQL"};

/* ---- sending ---- */

/* In one transaction, so that the session that listens also answers. */
static void send_listen(struct feed *feed)
{
    char sql[256];

    snprintf(sql, sizeof(sql),
             FEED_SET_FIRST "UNLISTEN *; LISTEN %s; %s; SELECT pg_catalog.pg_backend_pid()",
             feed->probe_channel,
             feed->refusal ? "LISTEN " PUBLIC_CHANNEL : "SELECT commentary.listen()");
    feed_send(feed, FEED_LISTEN, sql);
}

/* No other role knows the name, so no other role can notify on it. */
static void name_probe_channel(struct feed *feed)
{
    uint64_t random;

    evutil_secure_rng_get_bytes(&random, sizeof(random));
    snprintf(feed->probe_channel, sizeof(feed->probe_channel), "commentary_probe_%016" PRIx64,
             random);
}

void feed_listen(struct feed *feed)
{
    name_probe_channel(feed);
    feed->is_polling = feed->source.hub->may_lag = false;
    region_begin(&feed->source.region);
    if (PQsetnonblocking(feed->conn, 1) != 0)
        feed_broken(feed);
    else
        feed_send(feed, FEED_ASK, ask_sql);
}

/* A server without the library has to restart first, which ends this session. */
bool feed_must_ask_again(const struct feed *feed)
{
    bool is_wanted = feed->is_list_wanted || (feed->refusal && feed->refusal != &of_library);

    return is_wanted && clock_ms() >= feed->ask_due_ms;
}

void feed_ask_again(struct feed *feed)
{
    feed_send(feed, FEED_ASK, ask_sql);
}

/* ---- what is answered ---- */

static void feed_refuse(struct feed *feed, const struct refusal *refusal)
{
    feed->refusal = refusal;
    if (feed->refusal_logged == refusal)
        return;
    feed->refusal_logged = refusal;
    log_error(refusal->message, LOG_TEXT("role", PQuser(feed->conn)),
              LOG_TEXT("hint", refusal->hint));
}

/* To the question whether the session may listen. */
static void take_right(struct feed *feed, const PGresult *result)
{
    feed->ask_due_ms = clock_ms() + ASK_AGAIN_MS;
    feed->must_poll = feed->settings.kind == SOURCE_POLL || *PQgetvalue(result, 0, 2) == 't';
    feed->may_poll = *PQgetvalue(result, 0, 3) == 't';
    feed->may_read_lines = *PQgetvalue(result, 0, 4) == 't';
    feed->has_lineage = *PQgetvalue(result, 0, 5) == 't';
    feed->may_list = *PQgetvalue(result, 0, 7) == 't';
    feed->is_list_wanted = false;
    if (feed->must_poll || *PQgetvalue(result, 0, 6) != 't')
        region_forget(&feed->source.region, feed->source.hub);
    if (feed->must_poll)
        return;
    feed->source.acks.can_be_asked = *PQgetvalue(result, 0, 1) == 't';
    feed->source.region.can_be_asked = *PQgetvalue(result, 0, 6) == 't';
    if (PQgetisnull(result, 0, 0))
        feed_refuse(feed, &of_old);
    else if (*PQgetvalue(result, 0, 0) != 't')
        feed_refuse(feed, &of_right);
    else
        feed->refusal = NULL;
}

bool feed_take_listening(struct feed *feed, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
        if (feed->query == FEED_ASK)
            take_right(feed, result);
        else
            feed->session_pid = atoi(PQgetvalue(result, 0, 0)); /* of the last result */
        return true;
    case PGRES_COMMAND_OK:
        return true;
    default:
        if (feed->query == FEED_ASK || feed->refusal || !sqlstate || strcmp(sqlstate, "55000") != 0)
            return false;
        feed_refuse(feed, &of_library);
        feed->session_pid = 0;
        return true;
    }
}

/* To have asked again, and to hear and poll as before, changes nothing. */
static bool feed_asked(struct feed *feed)
{
    bool is_live = feed->state == FEED_LIVE;

    if (feed->must_poll && !(is_live && feed->is_polling))
        feed_begin_to_poll(feed, feed->may_poll);
    else if (!feed->must_poll && !(is_live && (feed->refusal || !feed->refusal_logged)))
        send_listen(feed);
    return false;
}

bool feed_is_listening(struct feed *feed, enum feed_query done)
{
    if (done == FEED_ASK)
        return feed_asked(feed);
    if (feed->session_pid == 0) {
        send_listen(feed);
        return false;
    }
    if (!feed->refusal && feed->refusal_logged)
        log_info("the relay listens to new entries now");
    feed->refusal_logged = feed->refusal;
    if (feed->state != FEED_LIVE)
        return true;
    feed->source.hub->needs_check = true; /* of what came between one channel and the other */
    return false;
}

/* ---- what is heard ---- */

static bool is_secret(const char *channel)
{
    static const char digits[] = "0123456789abcdef";
    size_t prefix = sizeof(SECRET_PREFIX) - 1;

    return strncmp(channel, SECRET_PREFIX, prefix) == 0 &&
           strspn(channel + prefix, digits) == SECRET_DIGITS &&
           channel[prefix + SECRET_DIGITS] == '\0';
}

static void feed_take_notification(struct feed *feed, const PGnotify *notify)
{
    if (is_secret(notify->relname))
        hub_notice(feed->source.hub, notify->extra);
    else if (strcmp(notify->relname, PUBLIC_CHANNEL) == 0)
        hub_hint(feed->source.hub, notify->extra);
    else if (feed->probe && strcmp(notify->relname, feed->probe_channel) == 0)
        feed_begin_to_catch_up(feed);
}

void feed_take_notifications(struct feed *feed)
{
    PGnotify *notify;

    while ((notify = PQnotifies(feed->conn))) {
        feed_take_notification(feed, notify);
        PQfreemem(notify);
    }
}
