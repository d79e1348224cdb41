/*
 * The feed of a standby, where LISTEN is impossible: it polls.
 *
 * A standby lags, which is no fault: a head below ours is waited for. It writes nothing, so
 * it takes no reports, and does not know whether commits are acknowledged.
 */
#include "source/listen/feed_state.h"

#include <event2/event.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "hub/hub.h"

void feed_begin_to_poll(struct feed *feed, bool is_possible)
{
    feed->is_polling = true;
    feed->refusal = NULL;
    feed->source.hub->may_lag = true;
    feed->source.acks.can_be_asked = false;
    poll_begin(&feed->poll, feed->settings.poll_interval_ms, is_possible);
    if (!is_possible)
        log_warn("new entries of the standby are looked for once a second",
                 LOG_TEXT("hint", "run ALTER EXTENSION commentary UPDATE on the primary, and "
                                  "sql/roles.sql again"));
    feed_begin_to_catch_up(feed);
}

bool feed_polls(struct feed *feed, int64_t late_ms)
{
    if (!feed->is_polling || feed->state != FEED_LIVE ||
        !schedule_is_due(&feed->poll.schedule, clock_ms() - late_ms))
        return false;
    feed->query = FEED_POLL;
    feed_arm(feed, 2 * feed->settings.heartbeat_ms);
    if (!poll_send(&feed->poll, feed->conn))
        feed_broken(feed);
    else if (!feed_watch(feed, EV_READ | EV_WRITE))
        feed_lost(feed, "out of memory", "give the relay more");
    return true;
}

/* The epoch is another one then, and all is read again. */
static void feed_is_promoted(struct feed *feed)
{
    log_info("the standby has been promoted: the relay listens from now on",
             LOG_TEXT("host", PQhost(feed->conn)));
    feed_set_state(feed, FEED_CATCHING_UP);
    feed_listen(feed);
}

void feed_poll_done(struct feed *feed)
{
    poll_done(&feed->poll, feed->source.hub);
    if (feed->poll.is_primary && feed->settings.kind != SOURCE_POLL)
        feed_is_promoted(feed);
    else
        feed_await(feed);
}

/* 40001: a conflict with recovery; 40P01: a deadlock with it; 55P03: a lock of somebody. */
static bool is_passing(const char *sqlstate)
{
    return strcmp(sqlstate, "40001") == 0 || strcmp(sqlstate, "40P01") == 0 ||
           strcmp(sqlstate, "55P03") == 0;
}

bool feed_is_cancelled(struct feed *feed, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (PQstatus(feed->conn) == CONNECTION_BAD || !sqlstate ||
        (feed->query != FEED_READ && feed->query != FEED_POLL) || !is_passing(sqlstate))
        return false;
    log_debug("a query is asked again", LOG_TEXT("reason", PQresultErrorMessage(result)));
    feed->is_cancelled = true;
    feed->is_locked_out = strcmp(sqlstate, "55P03") == 0;
    return true;
}

/*
 * Nothing can be read, and nothing be flushed either: after as long as a silent database gets,
 * viewers are told. The connection stays: another would wait as well.
 */
static void note_lock(struct feed *feed)
{
    int64_t now_ms = clock_ms();

    if (feed->locked_ms == 0)
        feed->locked_ms = now_ms;
    if (now_ms - feed->locked_ms < 2 * feed->settings.heartbeat_ms)
        return;
    feed_set_reason(feed, "a table that the relay reads is locked by another session");
    feed_log_reason(feed, "ALTER TABLE, VACUUM FULL and the like do so: see pg_locks, and "
                          "pg_blocking_pids() of the relay's session");
    catchup_begin(&feed->catchup);
    if (feed->state == FEED_LIVE)
        feed_set_state(feed, FEED_CATCHING_UP);
}

void feed_cancelled_done(struct feed *feed, enum feed_query done)
{
    feed->is_cancelled = false;
    if (done == FEED_POLL) {
        poll_done(&feed->poll, feed->source.hub);
    } else {
        catchup_abort(&feed->catchup);
        hub_suspect(feed->source.hub); /* a check is nobody's want: it must be begun again */
    }
    if (feed->is_locked_out)
        note_lock(feed);
    feed_await(feed);
}
