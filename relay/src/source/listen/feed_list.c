/*
 * Reads lists of matches from the database, also of matches that are not on the scoreboard.
 *
 * Clients choose the parameters of this query. So an error of the query is an answer to these
 * clients, and does not end the connection, which all viewers need.
 */
#include "source/listen/feed_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "hub/hub.h"
#include "source/poll/row.h"
#include "wire/link.h"
#include "wire/listing.h"

#define LOG_EVERY_MS 10000

/* By falling numbers. A row more than is wanted tells that there is another page. */
static const char list_sql[] =
    FEED_LOCKED "SELECT m.match_id, m.state FROM commentary.matches($1::bigint, $2::text[],"
                " $3::text, $4::integer) AS m ORDER BY m.match_id DESC";

static void log_failure(struct feed *feed, const char *reason, const char *hint)
{
    int64_t now_ms = clock_ms();

    if (feed->list_logged_ms && now_ms - feed->list_logged_ms < LOG_EVERY_MS)
        return;
    feed->list_logged_ms = now_ms;
    log_warn("matches cannot be listed", LOG_TEXT("reason", reason), LOG_TEXT("hint", hint));
}

bool feed_can_list(struct source *source)
{
    struct feed *feed = feed_of(source);

    if (feed->may_list)
        return true;
    feed->is_list_wanted = true;
    log_failure(feed, "the relay's role may not call commentary.matches(), or there is none",
                "run ALTER EXTENSION commentary UPDATE in this database, and sql/roles.sql again");
    return false;
}

bool feed_list(struct source *source, const struct listing_wish *wish)
{
    struct feed *feed = feed_of(source);
    struct buffer statuses = {0};
    char before[24], rows[24];
    const char *values[4];
    bool is_sent;

    snprintf(before, sizeof(before), "%" PRId64, wish->before);
    snprintf(rows, sizeof(rows), "%d", wish->rows + 1);
    buffer_add_text(&statuses, "{");
    listing_write_statuses(&statuses, wish);
    buffer_add(&statuses, "}", sizeof("}"));
    values[0] = wish->before ? before : NULL;
    values[1] = wish->statuses ? (const char *)statuses.bytes : NULL;
    values[2] = *wish->competition ? wish->competition : NULL;
    values[3] = rows;
    feed->list_outcome = CATCHUP_WHOLE;
    is_sent =
        !statuses.is_broken &&
        feed_sent(feed, PQsendQueryParams(feed->conn, list_sql, 4, NULL, values, NULL, NULL, 0));
    buffer_free(&statuses);
    return is_sent;
}

/* A state goes to other relays as one line: see wire/link.h. */
void feed_take_match(struct feed *feed, const PGresult *row)
{
    const char *state = PQgetisnull(row, 0, 1) ? NULL : PQgetvalue(row, 0, 1);
    size_t length = (size_t)PQgetlength(row, 0, 1);

    if (state && !link_is_json((struct span){(const uint8_t *)state, length})) {
        feed->list_outcome = CATCHUP_BROKEN;
        log_failure(feed, "the state of a match is no JSON object",
                    "somebody has replaced a function of the extension: see commentary.check()");
        return;
    }
    catchup_match(&feed->catchup, row_number_at(row, 0), state, length);
}

/* 22P05: no match can have a name with characters that the database's encoding lacks. */
static bool names_no_match(const struct feed *feed, const char *sqlstate)
{
    const struct listing *listing = feed->source.hub->listings.reading;

    return strcmp(sqlstate, "22P05") == 0 && *listing->wish.competition && feed->rows == 0;
}

static enum catchup_outcome outcome_of(const struct feed *feed, const char *sqlstate)
{
    if (names_no_match(feed, sqlstate))
        return CATCHUP_WHOLE;
    if (strcmp(sqlstate, "42883") == 0 || strcmp(sqlstate, "42501") == 0)
        return CATCHUP_ABSENT;
    return CATCHUP_BROKEN;
}

bool feed_list_failed(struct feed *feed, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (feed->query != FEED_READ || feed->catchup.query != CATCHUP_LIST ||
        PQresultStatus(result) != PGRES_FATAL_ERROR || feed_ends_session(feed->conn, result))
        return false;
    feed->list_outcome = outcome_of(feed, sqlstate);
    if (feed->list_outcome != CATCHUP_WHOLE)
        log_failure(feed, PQresultErrorMessage(result), diagnosis_of_state(sqlstate)->hint);
    if (feed->list_outcome == CATCHUP_ABSENT)
        feed->may_list = false;
    return true;
}
