/* How the feed gets its connection: the hosts, one after the other, and past a pooler. */
#include "source/feed_state.h"

#include <event2/event.h>
#include <libpq-fe.h>

#include "base/log.h"
#include "net/watch.h"
#include "source/conninfo.h"
#include "source/diagnosis.h"
#include "source/probe.h"

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

static void feed_connected(struct feed *feed)
{
    log_debug("connected", LOG_TEXT("host", PQhost(feed->conn)),
              LOG_TEXT("port", PQport(feed->conn)), LOG_TEXT("database", PQdb(feed->conn)),
              LOG_TEXT("role", PQuser(feed->conn)));
    PQsetErrorVerbosity(feed->conn, PQERRORS_DEFAULT);
    feed_set_state(feed, FEED_CATCHING_UP);
    feed_listen(feed);
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

void feed_go_on_connecting(struct feed *feed)
{
    PostgresPollingStatusType status;
    bool is_watched = true;

    watch_end(&feed->io); /* libpq may close the socket: see watch.h */
    status = PQconnectPoll(feed->conn);
    feed_note_host(feed);
    switch (status) {
    case PGRES_POLLING_READING:
        is_watched = feed_watch(feed, EV_READ);
        break;
    case PGRES_POLLING_WRITING:
        is_watched = feed_watch(feed, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        feed_connected(feed);
        break;
    default:
        feed_connect_failed(feed);
        break;
    }
    if (!is_watched)
        feed_lost(feed, "out of memory", "give the relay more");
}

void feed_connect(struct feed *feed)
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

void feed_begin_to_catch_up(struct feed *feed)
{
    probe_free(feed->probe);
    feed->probe = NULL;
    feed_set_state(feed, FEED_CATCHING_UP);
    feed_set_session(feed);
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

void feed_probe(struct feed *feed)
{
    const struct probe_settings settings = {feed->base,        feed->settings.conninfo,
                                            feed->first_host,  feed->probe_channel,
                                            feed_on_probe_end, feed};

    feed_set_state(feed, FEED_PROBING);
    feed->is_probe_sent = false;
    feed->probe = probe_new(&settings);
    feed_arm(feed, feed->patience_ms);
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
