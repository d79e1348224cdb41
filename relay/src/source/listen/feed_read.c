/*
 * The feed, asked by catching up: the statements, and what becomes of their rows.
 *
 * Statements are constant, names qualified, values always parameters.
 */
#include "source/listen/feed_state.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/buffer.h"
#include "source/poll/row.h"
#include "topic/topic.h"

/* Where a log begins that may be purged from its beginning: the lobby's. */
#define LOBBY_FIRST "FROM commentary.read(0, 0, 1) AS f"

/*
 * Statement and row of a check: the epoch first, then a head for each match, then where the
 * lobby's log begins, which has a text instead of none.
 */
#define CHECK_SQL                                                                                  \
    FEED_LOCKED                                                                                    \
    "SELECT NULL::bigint, NULL::bigint, commentary.epoch()"                                        \
    " UNION ALL SELECT h.match_id, h.head, NULL FROM commentary.heads($1::bigint[]) AS h"          \
    " UNION ALL SELECT 0, f.seq, 'first' " LOBBY_FIRST

/* Whether commits are acknowledged: t or f, and what the flusher waits for. */
#define ACKS_SQL                                                                                   \
    " UNION ALL SELECT NULL, a.oldest_ms,"                                                         \
    " CASE WHEN a.is_working THEN 't' ELSE 'f' END || coalesce(a.waits_for, '')"                   \
    " FROM commentary.ack_status() AS a WHERE a.is_working IS NOT NULL"

/* How late it is: primary, region or late, by their first letters. */
#define REGION_SQL                                                                                 \
    " UNION ALL SELECT NULL, coalesce(r.lag_ms, 0),"                                               \
    " CASE WHEN NOT r.is_follower THEN 'p' WHEN r.is_late THEN 'l' ELSE 'r' END"                   \
    " FROM commentary.region_status() AS r"

/* By whether they are asked for acknowledgements, and for the region. */
static const char *const check_sql[2][2] = {{CHECK_SQL, CHECK_SQL REGION_SQL},
                                            {CHECK_SQL ACKS_SQL, CHECK_SQL ACKS_SQL REGION_SQL}};

/*
 * Head and state first, then the entries and the branches, all of one snapshot: what is loaded
 * belongs together. No row at all: there is no such match.
 */
#define LOAD_SQL(state, more)                                                                      \
    FEED_LOCKED "SELECT 0, h.head, " state ", (SELECT commentary.epoch())"                         \
                " FROM commentary.heads(ARRAY[$1::bigint]) AS h"                                   \
                " UNION ALL SELECT 2, t.seq, t.body, NULL"                                         \
                " FROM commentary.tail($1::bigint, $2::integer) AS t" more " ORDER BY 1, 2"
#define LOAD_MATCH_SQL(more) LOAD_SQL("commentary.state($1::bigint)", more)
/* Between head and entries the older lines, by seq: see topic/lines.h. */
#define LINES_SQL                                                                                  \
    " UNION ALL SELECT 1, l.seq, NULL, NULL FROM commentary.heads(ARRAY[$1::bigint]) AS h,"        \
    " commentary.lines($1::bigint, h.head - $2::integer + 1, $3::integer) AS l"
#define LOAD_LOBBY_SQL(more)                                                                       \
    LOAD_SQL("commentary.lobby()", " UNION ALL SELECT 3, f.seq, NULL, NULL " LOBBY_FIRST more)
#define BRANCHES_SQL                                                                               \
    " UNION ALL SELECT 4, b.seq, b.epoch, NULL FROM commentary.branches($1::bigint) AS b"

/* Each by whether the extension tells the lineage. */
static const char *const load_match_sql[] = {LOAD_MATCH_SQL(""), LOAD_MATCH_SQL(BRANCHES_SQL)};
static const char *const load_lines_sql[] = {LOAD_MATCH_SQL(LINES_SQL),
                                             LOAD_MATCH_SQL(LINES_SQL BRANCHES_SQL)};
static const char *const load_lobby_sql[] = {LOAD_LOBBY_SQL(""), LOAD_LOBBY_SQL(BRANCHES_SQL)};

static const char read_sql[] =
    FEED_LOCKED "SELECT r.seq, r.body, (SELECT commentary.epoch())"
                " FROM commentary.read($1::bigint, $2::bigint, $3::integer) AS r";

/* ---- sending ---- */

bool feed_sent(struct feed *feed, int is_sent)
{
    int left;

    if (!is_sent || !PQsetSingleRowMode(feed->conn))
        return false;
    feed->query = FEED_READ;
    feed->rows = 0;
    feed_arm(feed, 2 * feed->settings.heartbeat_ms);
    left = PQflush(feed->conn);
    return left >= 0 && feed_watch(feed, left ? EV_READ | EV_WRITE : EV_READ);
}

/* Up to three numbers as parameters. */
static bool send_numbers(struct feed *feed, const char *sql, int count, const int64_t *numbers)
{
    char text[3][24];
    const char *values[3];

    for (int i = 0; i < count; i++) {
        snprintf(text[i], sizeof(text[i]), "%" PRId64, numbers[i]);
        values[i] = text[i];
    }
    return feed_sent(feed, PQsendQueryParams(feed->conn, sql, count, NULL, values, NULL, NULL, 0));
}

static void write_array(struct buffer *array, const int64_t *numbers, size_t count)
{
    buffer_add_text(array, "{");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_text(array, ",");
        buffer_add_number(array, numbers[i]);
    }
    buffer_add(array, "}", sizeof("}"));
}

bool feed_check(struct source *source, const int64_t *match_ids, size_t count, bool asks_acks)
{
    struct feed *feed = feed_of(source);
    struct buffer array = {0};
    const char *values[1];
    bool is_sent;

    write_array(&array, match_ids, count);
    values[0] = (const char *)array.bytes;
    is_sent = !array.is_broken &&
              feed_sent(feed, PQsendQueryParams(feed->conn,
                                                check_sql[asks_acks][source->region.can_be_asked],
                                                1, NULL, values, NULL, NULL, 0));
    buffer_free(&array);
    return is_sent;
}

bool feed_newer(struct source *source, int64_t match_id, int64_t after_seq, int64_t rows)
{
    const int64_t numbers[] = {match_id, after_seq, rows};

    return send_numbers(feed_of(source), read_sql, 3, numbers);
}

bool feed_load(struct source *source, int64_t match_id, int64_t rows)
{
    const int64_t numbers[] = {match_id, rows, LINES_KEPT};
    struct feed *feed = feed_of(source);

    if (match_id == TOPIC_LOBBY)
        return send_numbers(feed, load_lobby_sql[feed->has_lineage], 2, numbers);
    if (!feed->may_read_lines)
        return send_numbers(feed, load_match_sql[feed->has_lineage], 2, numbers);
    return send_numbers(feed, load_lines_sql[feed->has_lineage], 3, numbers);
}

/* ---- rows ---- */

static size_t length_at(const PGresult *row, int column)
{
    return (size_t)PQgetlength(row, 0, column);
}

/* Of acknowledgements, or of the region. */
static void take_status(struct feed *feed, const char *text, int64_t ms)
{
    struct source *source = &feed->source;

    if (*text == 't' || *text == 'f') {
        acks_take(&source->acks, *text == 't', ms, text + 1);
        return;
    }
    region_take(&source->region, source->hub, *text != 'p', *text == 'l', ms);
    source->hub->may_lag = feed->is_polling || *text != 'p';
}

/* Rows without a match are the epoch, and how the database is. */
static void take_check_row(struct feed *feed, const PGresult *row)
{
    const char *text = PQgetvalue(row, 0, 2);

    if (!PQgetisnull(row, 0, 0) && !PQgetisnull(row, 0, 2))
        catchup_lobby_first(&feed->catchup, row_number_at(row, 1));
    else if (!PQgetisnull(row, 0, 0))
        catchup_head(&feed->catchup, row_number_at(row, 0), row_number_at(row, 1));
    else if (PQgetisnull(row, 0, 1))
        catchup_epoch(&feed->catchup, text);
    else
        take_status(feed, text, row_number_at(row, 1));
}

/* Null: there is none, as while a follower makes its initial copy. */
static void take_epoch(struct feed *feed, const PGresult *row, int column)
{
    catchup_is_of(&feed->catchup, PQgetvalue(row, 0, column));
}

static void take_load_row(struct feed *feed, const PGresult *row)
{
    const char *text = PQgetisnull(row, 0, 2) ? NULL : PQgetvalue(row, 0, 2);

    switch (row_number_at(row, 0)) {
    case 0:
        take_epoch(feed, row, 3);
        catchup_state(&feed->catchup, row_number_at(row, 1), text, length_at(row, 2));
        break;
    case 1:
        catchup_line(&feed->catchup, row_number_at(row, 1));
        break;
    case 3:
        catchup_lobby_first(&feed->catchup, row_number_at(row, 1));
        break;
    case 4:
        catchup_branch(&feed->catchup, PQgetvalue(row, 0, 2), row_number_at(row, 1));
        break;
    default:
        catchup_row(&feed->catchup, row_number_at(row, 1), PQgetvalue(row, 0, 2),
                    length_at(row, 2));
    }
}

void feed_take_row(struct feed *feed, const PGresult *row)
{
    feed->rows++;
    switch (feed->catchup.query) {
    case CATCHUP_CHECK:
        take_check_row(feed, row);
        break;
    case CATCHUP_LOAD:
        take_load_row(feed, row);
        break;
    case CATCHUP_NEWER:
    case CATCHUP_HISTORY:
        take_epoch(feed, row, 2);
        catchup_row(&feed->catchup, row_number_at(row, 0), PQgetvalue(row, 0, 1),
                    length_at(row, 1));
        break;
    case CATCHUP_LIST:
        feed_take_match(feed, row);
        break;
    case CATCHUP_NONE:
        break;
    }
}

void feed_read_done(struct feed *feed)
{
    bool is_absent = feed->catchup.query == CATCHUP_LOAD && feed->rows == 0;

    if (feed->catchup.query == CATCHUP_LIST)
        catchup_done(&feed->catchup, feed->list_outcome);
    else
        catchup_done(&feed->catchup, is_absent ? CATCHUP_ABSENT : CATCHUP_WHOLE);
}
