/*
 * The settings of the feed's session.
 *
 * A DBA gives settings to a database or to a role for the sake of others: a short timeout,
 * read-only transactions, another role. They reach the relay's session as well, so it sets
 * for itself what it depends on. It does so only once it is known that the session is its
 * own: behind a pooler that hands it on after each transaction, others would get them.
 */
#include "source/listen/feed_state.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>

#define SESSION_BYTES 1024

/*
 * row_security: an entry that a policy hides would be a hole to the relay, and a match that
 * has become shorter to its viewers. With off, PostgreSQL says that there is a policy.
 * Timeouts: how long the database may be silent is the relay's own decision (--heartbeat). It
 * waits for a lock for half a heartbeat, and then asks again: a query waits for two or three,
 * and who has given up a connection leaves a session that waits on behind.
 */
#define SETTINGS                                                                                   \
    "SET ROLE NONE; SET row_security = off; SET search_path = pg_catalog, pg_temp;"                \
    " SET statement_timeout = 0; SET lock_timeout = %" PRId64 "; SET idle_session_timeout = 0;"    \
    " SET idle_in_transaction_session_timeout = 0; SET default_transaction_read_only = off;"       \
    " SET default_transaction_isolation = 'read committed';"                                       \
    " SET default_transaction_deferrable = off; SET jit = off"

#define SETTINGS_17 "; SET transaction_timeout = 0"

void feed_send(struct feed *feed, enum feed_query query, const char *sql)
{
    feed->query = query;
    feed_arm(feed, 2 * feed->settings.heartbeat_ms);
    if (!PQsendQuery(feed->conn, sql))
        feed_broken(feed);
    else if (!feed_watch(feed, EV_READ | EV_WRITE))
        feed_lost(feed, "out of memory", "give the relay more");
}

void feed_set_session(struct feed *feed)
{
    int64_t lock_ms = feed->settings.heartbeat_ms / 2;
    char sql[SESSION_BYTES];

    snprintf(sql, sizeof(sql), SETTINGS "%s", lock_ms > 0 ? lock_ms : 1,
             PQserverVersion(feed->conn) >= 170000 ? SETTINGS_17 : "");
    feed_send(feed, FEED_SET, sql);
}
