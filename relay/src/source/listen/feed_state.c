/* The states of the feed, the only way down, and what is logged of it. */
#include "source/listen/feed_state.h"

#include <event2/event.h>
#include <event2/util.h>
#include <libpq-fe.h>
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/watch.h"
#include "source/catchup.h"
#include "source/listen/probe.h"
#include "source/search/diagnosis.h"
#include "source/search/search.h"
#include "stats/stats.h"

#define REPEAT_LOG_MS 30000
#define NEWS_LOG_MS 1000

void feed_arm(struct feed *feed, int64_t delay_ms)
{
    const struct timeval delay = {delay_ms / 1000, (delay_ms % 1000) * 1000};

    event_add(feed->timer, &delay);
}

void feed_set_state(struct feed *feed, enum feed_state state)
{
    static const enum source_state seen[] = {[FEED_DOWN] = SOURCE_DOWN,
                                             [FEED_CONNECTING] = SOURCE_CONNECTING,
                                             [FEED_PROBING] = SOURCE_CONNECTING,
                                             [FEED_CATCHING_UP] = SOURCE_CATCHING_UP,
                                             [FEED_LIVE] = SOURCE_LIVE};

    feed->state = state;
    source_set_state(&feed->source, seen[state]);
}

void feed_disconnect(struct feed *feed)
{
    watch_end(&feed->io);
    search_free(feed->search);
    feed->search = NULL;
    probe_free(feed->probe);
    feed->probe = NULL;
    PQfinish(feed->conn);
    feed->conn = NULL;
    feed->query = FEED_IDLE;
    /* Recovery may cancel a query by ending the session: what comes next is not cancelled. */
    feed->is_cancelled = false;
    feed->is_locked_out = false;
    feed->locked_ms = 0;
    acks_begin(&feed->source.acks);
    catchup_abort(&feed->catchup);
}

/* ---- the way down ---- */

void feed_set_reason(struct feed *feed, const char *message)
{
    char before[DIAGNOSIS_REASON_BYTES];

    memcpy(before, feed->source.reason, sizeof(before));
    diagnosis_reason(feed->source.reason, message);
    if (strcmp(before, feed->source.reason) != 0)
        feed->has_news = true;
}

/* Hosts that fail in turns make a new reason each time, which is not worth a line each time. */
void feed_log_reason(struct feed *feed, const char *hint)
{
    int64_t now_ms = clock_ms(), since_ms = now_ms - feed->logged_ms;

    if (feed->state != FEED_LIVE && feed->logged_ms != 0 &&
        since_ms < (feed->has_news ? NEWS_LOG_MS : REPEAT_LOG_MS))
        return;
    feed->logged_ms = now_ms;
    feed->has_news = false;
    log_warn("the feed is down: trying again", LOG_TEXT("reason", feed->source.reason),
             LOG_TEXT("hint", hint));
}

void feed_lost(struct feed *feed, const char *reason, const char *hint)
{
    uint32_t random;
    int retry_ms;

    evutil_secure_rng_get_bytes(&random, sizeof(random));
    retry_ms = backoff_next_ms(&feed->backoff, random);
    relay_stats.feed_losses++;
    feed_set_reason(feed, reason);
    feed_log_reason(feed, hint);
    feed_disconnect(feed);
    feed_set_state(feed, FEED_DOWN);
    feed_arm(feed, retry_ms);
}

void feed_broken(struct feed *feed)
{
    const char *message = PQerrorMessage(feed->conn);

    feed_lost(feed, message, diagnosis_of_message(message)->hint);
}

void feed_refused(struct feed *feed, const char *reason, const char *hint)
{
    if (feed->source.was_live) {
        feed_lost(feed, reason, hint);
        return;
    }
    feed_set_reason(feed, reason);
    log_error("the database refuses the relay", LOG_TEXT("reason", feed->source.reason),
              LOG_TEXT("hint", hint));
    feed_disconnect(feed);
    feed_set_state(feed, FEED_DOWN);
    feed->settings.on_refused(feed->settings.context);
}
