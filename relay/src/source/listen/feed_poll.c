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

/* 40001: a conflict with recovery; 40P01: a deadlock with it. */
bool feed_is_cancelled(struct feed *feed, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (PQstatus(feed->conn) == CONNECTION_BAD || !sqlstate ||
        (feed->query != FEED_READ && feed->query != FEED_POLL) ||
        (strcmp(sqlstate, "40001") != 0 && strcmp(sqlstate, "40P01") != 0))
        return false;
    log_debug("a query is asked again", LOG_TEXT("reason", PQresultErrorMessage(result)));
    feed->is_cancelled = true;
    return true;
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
    feed_await(feed);
}
