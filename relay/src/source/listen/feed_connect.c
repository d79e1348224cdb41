/* How the feed gets its connection: the hosts, one after the other, and past a pooler. */
#include "source/listen/feed_state.h"

#include <event2/event.h>
#include <libpq-fe.h>

#include "base/clock.h"
#include "base/log.h"
#include "source/listen/probe.h"
#include "source/search/conninfo.h"
#include "source/search/search.h"

/* ---- connecting ---- */

/* A search_settings.on_found. */
static void feed_on_found(void *context, PGconn *conn)
{
    struct feed *feed = context;

    search_free(feed->search);
    feed->search = NULL;
    feed->conn = conn;
    feed->source.heard_ms = clock_ms();
    log_debug("connected", LOG_TEXT("host", PQhost(conn)), LOG_TEXT("port", PQport(conn)),
              LOG_TEXT("database", PQdb(conn)), LOG_TEXT("role", PQuser(conn)));
    PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
    feed_set_state(feed, FEED_CATCHING_UP);
    feed_listen(feed);
}

/* A search_settings.on_failed. Viewers are told that it is away; the search goes on. */
static void feed_on_search_failed(void *context, const char *reason, const char *hint,
                                  bool is_for_good)
{
    struct feed *feed = context;

    if (is_for_good && !feed->source.was_live) {
        feed_refused(feed, reason, hint);
        return;
    }
    feed_set_reason(feed, reason);
    feed_log_reason(feed, hint);
    if (feed->state != FEED_DOWN)
        feed_set_state(feed, FEED_DOWN);
}

void feed_connect(struct feed *feed)
{
    static const enum search_standby standby_by_kind[] = {[SOURCE_AUTO] = SEARCH_STANDBY_ALONE,
                                                          [SOURCE_LISTEN] = SEARCH_NO_STANDBY,
                                                          [SOURCE_POLL] = SEARCH_ANY_STANDBY};
    const struct search_settings settings = {
        .base = feed->base,
        .conninfo = feed->settings.conninfo,
        .standby = standby_by_kind[feed->settings.kind],
        .on_found = feed_on_found,
        .on_failed = feed_on_search_failed,
        .context = feed,
    };

    feed_set_state(feed, FEED_CONNECTING);
    feed->search = search_new(&settings);
    if (!feed->search)
        feed_lost(feed, "out of memory", "give the relay more");
}

/* ---- a pooler in between ---- */

void feed_begin_to_catch_up(struct feed *feed)
{
    probe_free(feed->probe);
    feed->probe = NULL;
    feed_set_state(feed, FEED_CATCHING_UP);
    feed_set_session(feed);
}

/* It is not known; the heartbeat finds entries that are not announced, only later. */
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

void feed_probe(struct feed *feed)
{
    const struct probe_settings settings = {feed->base,        feed->settings.conninfo,
                                            feed->conn,        feed->probe_channel,
                                            feed_on_probe_end, feed};

    feed_set_state(feed, FEED_PROBING);
    feed->is_probe_sent = false;
    feed->probe = probe_new(&settings);
    feed_arm(feed, conninfo_patience_ms(feed->settings.conninfo));
    if (!feed->probe)
        feed_probe_failed(feed);
}

void feed_probe_unheard(struct feed *feed)
{
    if (feed->is_probe_sent)
        feed_refused(feed, "notifications do not pass the pooler in front of PostgreSQL",
                     "a pooler in transaction mode cannot carry LISTEN: connect the relay to "
                     "PostgreSQL itself, or to a pool in session mode");
    else
        feed_probe_failed(feed);
}
