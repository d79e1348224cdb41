/* Catching up: the queries, one after the other, and what becomes of their rows. */
#include "catchup.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub_topics.h"
#include "join.h"
#include "log.h"
#include "page.h"
#include "replay.h"
#include "stats.h"

#define NEWER_ROWS 500
#define LOAD_ROWS 1000

/* Statement and row of a check: the epoch first, then a head for each match. */
static const char check_sql[] =
    "SELECT NULL::bigint, NULL::bigint, commentary.epoch()"
    " UNION ALL SELECT h.match_id, h.head, NULL FROM commentary.heads($1::bigint[]) AS h";

/*
 * Head and state first, then the entries, all of one snapshot: what is loaded
 * belongs together. No row at all: there is no such match.
 */
static const char load_match_sql[] =
    "SELECT 0, h.head, commentary.state($1::bigint)"
    " FROM commentary.heads(ARRAY[$1::bigint]) AS h"
    " UNION ALL SELECT 1, t.seq, t.body FROM commentary.tail($1::bigint, $2::integer) AS t"
    " ORDER BY 1, 2";
static const char load_lobby_sql[] =
    "SELECT 0, h.head, commentary.lobby()"
    " FROM commentary.heads(ARRAY[$1::bigint]) AS h"
    " UNION ALL SELECT 1, t.seq, t.body FROM commentary.tail($1::bigint, $2::integer) AS t"
    " ORDER BY 1, 2";

static const char read_sql[] =
    "SELECT r.seq, r.body FROM commentary.read($1::bigint, $2::bigint, $3::integer) AS r";

static void catchup_set(struct catchup *catchup, enum catchup_query query, struct topic *topic)
{
    if (catchup->topic)
        catchup->topic->is_reading = false;
    catchup->query = query;
    catchup->topic = topic;
    catchup->rows = 0;
    catchup->is_broken = false;
    if (topic)
        topic->is_reading = true;
}

/* ---- sending ---- */

/* Up to three numbers as parameters; rows come one by one, so that memory is bounded. */
static bool send_numbers(PGconn *conn, const char *sql, int count, const int64_t *numbers)
{
    char text[3][24];
    const char *values[3];

    for (int i = 0; i < count; i++) {
        snprintf(text[i], sizeof(text[i]), "%" PRId64, numbers[i]);
        values[i] = text[i];
    }
    return PQsendQueryParams(conn, sql, count, NULL, values, NULL, NULL, 0) &&
           PQsetSingleRowMode(conn);
}

/* Matches that nobody follows are compared once, after a connection was lost. */
static void add_heads(struct catchup *catchup, struct buffer *array)
{
    struct topic *topic;
    size_t position = 0;

    buffer_clear(array);
    buffer_add_text(array, "{0");
    while ((topic = map_next(&catchup->hub->topics, &position))) {
        if (!topic->is_loaded || (catchup->has_checked && topic->follow_count == 0))
            continue;
        topic->head_when_asked = topic_head(topic);
        if (topic == catchup->hub->lobby_topic)
            continue;
        buffer_add_text(array, ",");
        buffer_add_number(array, topic->match_id);
    }
    buffer_add(array, "}", sizeof("}"));
}

static bool send_check(struct catchup *catchup, PGconn *conn)
{
    struct buffer array = {0};
    const char *values[1];
    bool is_sent;

    add_heads(catchup, &array);
    values[0] = (const char *)array.bytes;
    is_sent = !array.is_broken &&
              PQsendQueryParams(conn, check_sql, 1, NULL, values, NULL, NULL, 0) &&
              PQsetSingleRowMode(conn);
    buffer_free(&array);
    catchup->hub->needs_check = false;
    catchup_set(catchup, CATCHUP_CHECK, NULL);
    return is_sent;
}

static bool send_newer(struct catchup *catchup, PGconn *conn, struct topic *topic)
{
    const int64_t numbers[] = {topic->match_id, topic_head(topic), NEWER_ROWS};

    catchup_set(catchup, CATCHUP_NEWER, topic);
    topic->reads_begun++;
    topic->head_when_asked = topic_head(topic);
    return send_numbers(conn, read_sql, 3, numbers);
}

static bool send_load(struct catchup *catchup, PGconn *conn, struct topic *topic)
{
    const int64_t numbers[] = {topic->match_id, LOAD_ROWS};
    bool is_lobby = topic == catchup->hub->lobby_topic;

    catchup_set(catchup, CATCHUP_LOAD, topic);
    topic->reads_begun++;
    return send_numbers(conn, is_lobby ? load_lobby_sql : load_match_sql, 2, numbers);
}

static bool send_page(struct catchup *catchup, PGconn *conn, struct topic *topic)
{
    int64_t wanted = replay_next_wanted(topic), first_seq = replay_page_begin(wanted);
    const int64_t numbers[] = {topic->match_id, first_seq - 1, PAGE_ROWS};

    catchup->page_wanted = wanted;
    catchup->page = page_new(&catchup->hub->pages, topic, first_seq);
    catchup_set(catchup, CATCHUP_PAGE, topic);
    return catchup->page && send_numbers(conn, read_sql, 3, numbers);
}

static struct topic *take_wanted(struct hub *hub, enum want want)
{
    struct topic *topic = TAILQ_FIRST(&hub->wanted[want]);

    if (topic)
        hub_unwant(hub, topic, want);
    return topic;
}

/* Those who came for a page may have left: then there is nothing to read. */
static struct topic *take_wanted_page(struct hub *hub)
{
    struct topic *topic;

    while ((topic = take_wanted(hub, WANT_PAGE)))
        if (replay_next_wanted(topic) > 0)
            return topic;
    return NULL;
}

static void catchup_count(enum catchup_query query)
{
    static const enum stats_read reads[] = {[CATCHUP_CHECK] = READ_CHECK,
                                            [CATCHUP_NEWER] = READ_NEWER,
                                            [CATCHUP_LOAD] = READ_LOAD,
                                            [CATCHUP_PAGE] = READ_PAGE};

    relay_stats.reads[reads[query]]++;
}

/* What is live goes before what is old. */
enum catchup_sent catchup_send(struct catchup *catchup, PGconn *conn)
{
    struct hub *hub = catchup->hub;
    struct topic *topic;
    bool is_sent;

    if (hub->needs_check)
        is_sent = send_check(catchup, conn);
    else if ((topic = take_wanted(hub, WANT_NEWER)))
        is_sent = send_newer(catchup, conn, topic);
    else if ((topic = take_wanted(hub, WANT_LOAD)))
        is_sent = send_load(catchup, conn, topic);
    else if ((topic = take_wanted_page(hub)))
        is_sent = send_page(catchup, conn, topic);
    else
        return CATCHUP_IDLE;
    if (!is_sent)
        return CATCHUP_FAILED;
    catchup_count(catchup->query);
    return CATCHUP_SENT;
}

/* ---- rows ---- */

static int64_t row_number(const PGresult *row, int column)
{
    return strtoll(PQgetvalue(row, 0, column), NULL, 10);
}

/* A head that went back means that the table is not the one that we read. */
static void check_head(struct hub *hub, int64_t match_id, int64_t head)
{
    struct topic *topic = hub_topic(hub, match_id);

    if (!topic || !topic->is_loaded)
        return;
    if (head < topic->head_when_asked) {
        log_warn("the table holds less than was sent: the match starts afresh",
                 LOG_NUMBER("match", match_id), LOG_NUMBER("head", head),
                 LOG_NUMBER("sent", topic->head_when_asked));
        hub_reset_topic(hub, topic);
    } else if (head > topic_head(topic)) {
        hub_announce(hub, topic, head);
    }
}

static void check_row(struct catchup *catchup, const PGresult *row)
{
    if (PQgetisnull(row, 0, 0))
        hub_set_epoch(catchup->hub, PQgetvalue(row, 0, 2));
    else
        check_head(catchup->hub, row_number(row, 0), row_number(row, 1));
}

/* The log of a match has no holes; if it has one after all, viewers get what is behind it. */
static void log_hole(const struct topic *topic, int64_t seq)
{
    assert(topic);
    log_error("entries are missing in the table", LOG_NUMBER("match", topic->match_id),
              LOG_NUMBER("from", topic->log.next_seq), LOG_NUMBER("to", seq - 1));
}

/* What was announced stays so: it may have come after the table was read. */
static void load_begin(struct catchup *catchup, struct topic *topic, int64_t head)
{
    int64_t announced = topic->announced;

    topic_reset(topic);
    topic->announced = announced;
    run_reset(&topic->log, head + 1);
    if (topic == catchup->hub->lobby_topic)
        lobby_free(&catchup->hub->lobby);
}

static void newer_row(struct catchup *catchup, const PGresult *row)
{
    struct topic *topic = catchup->topic;
    int64_t seq = row_number(row, 0);

    if (topic->is_loaded && seq > topic->log.next_seq) {
        log_hole(topic, seq);
        hub_reset_topic(catchup->hub, topic);
    }
    hub_publish(catchup->hub, topic, seq, PQgetvalue(row, 0, 1), (size_t)PQgetlength(row, 0, 1));
}

/* The first row is the head and the state; the entries follow, up to that head. */
static void load_row(struct catchup *catchup, const PGresult *row)
{
    struct topic *topic = catchup->topic;
    int64_t seq = row_number(row, 1);
    const char *body = PQgetisnull(row, 0, 2) ? NULL : PQgetvalue(row, 0, 2);
    size_t length = (size_t)PQgetlength(row, 0, 2);

    if (row_number(row, 0) == 0) {
        load_begin(catchup, topic, seq);
        if (!topic_set_state(topic, body, length))
            catchup->is_broken = true;
        return;
    }
    if (seq != topic->log.next_seq) {
        if (catchup->rows > 1)
            log_hole(topic, seq);
        run_reset(&topic->log, seq);
    }
    if (!body || !run_append(&topic->log, body, length))
        catchup->is_broken = true;
}

/*
 * It begins with what there is, if older entries are gone, and ends where the log
 * begins: from there on, the viewer is served from memory.
 */
static void page_row(struct catchup *catchup, const PGresult *row)
{
    struct page *page = catchup->page;
    int64_t seq = row_number(row, 0);

    if (catchup->rows == 0 && seq <= catchup->page_wanted)
        run_reset(&page->run, seq);
    if (seq != page->run.next_seq || seq >= catchup->topic->log.first_seq ||
        (page_is_full(page) && seq > catchup->page_wanted))
        return;
    if (!page_append(page, PQgetvalue(row, 0, 1), (size_t)PQgetlength(row, 0, 1)))
        catchup->is_broken = true;
}

void catchup_row(struct catchup *catchup, const PGresult *row)
{
    switch (catchup->query) {
    case CATCHUP_CHECK:
        check_row(catchup, row);
        break;
    case CATCHUP_NEWER:
        newer_row(catchup, row);
        break;
    case CATCHUP_LOAD:
        load_row(catchup, row);
        break;
    case CATCHUP_PAGE:
        page_row(catchup, row);
        break;
    case CATCHUP_NONE:
        break;
    }
    catchup->rows++;
    relay_stats.read_rows++;
}

/* ---- at the end of a query ---- */

static void check_done(struct catchup *catchup)
{
    catchup->has_checked = true;
    if (!catchup->hub->lobby_topic->is_loaded)
        hub_want(catchup->hub, catchup->hub->lobby_topic, WANT_LOAD);
}

/*
 * Announced but not in the table: somebody else's NOTIFY. It is not asked for again;
 * nor, before the next heartbeat, is what found no memory.
 */
static void newer_done(struct hub *hub, struct topic *topic, int64_t rows)
{
    bool has_grown;

    assert(topic);
    has_grown = topic_head(topic) > topic->head_when_asked;
    topic->reads_done = topic->reads_begun;
    if (!has_grown && topic->announced > topic_head(topic)) {
        if (rows == 0)
            log_warn("an entry was announced that is not in the table",
                     LOG_NUMBER("match", topic->match_id), LOG_NUMBER("seq", topic->announced));
        topic->announced = topic_head(topic);
    }
    if ((rows == NEWER_ROWS && has_grown) || topic->announced > topic_head(topic))
        hub_want(hub, topic, WANT_NEWER);
    else
        join_all(hub, topic);
}

static void load_done(struct hub *hub, struct topic *topic, int64_t rows, bool is_broken)
{
    assert(topic);
    topic->reads_done = topic->reads_begun;
    if (rows == 0 && topic != hub->lobby_topic) {
        join_fail(hub, topic, "unknown_match", "there is no match of that number");
        hub_drop_topic(hub, topic);
        return;
    }
    if (rows == 0 || is_broken) {
        log_error("a match cannot be loaded", LOG_NUMBER("match", topic->match_id));
        join_fail(hub, topic, "unavailable", "this match cannot be read: try again later");
        topic_reset(topic);
        return;
    }
    topic->is_loaded = true;
    hub_unwant(hub, topic, WANT_LOAD); /* of who came while it was under way */
    hub_count(hub, topic);
    hub_announce(hub, topic, topic->announced); /* what was heard of while it was read */
    join_all(hub, topic);
}

/* A topic that has begun anew meanwhile has no use for it. */
static void page_done(struct hub *hub, struct topic *topic, struct page *page, bool is_whole,
                      bool is_broken)
{
    if (page->topic && is_broken) {
        replay_fail(topic);
    } else if (page->topic && !is_whole) {
        log_hole(topic, page->run.next_seq);
        hub_reset_topic(hub, topic);
    } else if (page->topic) {
        replay_page_read(hub, topic, page);
    }
    page_release(page);
}

void catchup_done(struct catchup *catchup)
{
    struct hub *hub = catchup->hub;
    enum catchup_query query = catchup->query;
    struct topic *topic = catchup->topic;
    struct page *page = catchup->page;
    bool is_broken = catchup->is_broken;
    int64_t rows = catchup->rows;

    catchup->page = NULL;
    catchup_set(catchup, CATCHUP_NONE, NULL);
    switch (query) {
    case CATCHUP_CHECK:
        check_done(catchup);
        break;
    case CATCHUP_NEWER:
        newer_done(hub, topic, rows);
        break;
    case CATCHUP_LOAD:
        load_done(hub, topic, rows, is_broken);
        break;
    case CATCHUP_PAGE:
        page_done(hub, topic, page, page->run.next_seq > catchup->page_wanted, is_broken);
        break;
    case CATCHUP_NONE:
        break;
    }
}

/* ---- the connection ---- */

void catchup_begin(struct catchup *catchup)
{
    catchup->has_checked = false;
    catchup->hub->needs_check = true;
}

void catchup_abort(struct catchup *catchup)
{
    static const enum want wants[] = {
        [CATCHUP_NEWER] = WANT_NEWER, [CATCHUP_LOAD] = WANT_LOAD, [CATCHUP_PAGE] = WANT_PAGE};
    struct topic *topic = catchup->topic;

    if (catchup->page)
        page_release(catchup->page);
    catchup->page = NULL;
    if (topic && catchup->query == CATCHUP_LOAD)
        topic_reset(topic);
    if (topic)
        hub_want(catchup->hub, topic, wants[catchup->query]);
    catchup_set(catchup, CATCHUP_NONE, NULL);
}

static int64_t lag_of(const struct topic *topic)
{
    int64_t lag = topic->announced - topic_head(topic);

    return lag > 0 ? lag : 0;
}

/* Those that lag are waiting to be read, or just being read. */
int64_t catchup_lag(const struct catchup *catchup)
{
    int64_t lag = catchup->query == CATCHUP_NEWER ? lag_of(catchup->topic) : 0;
    const struct topic *topic;

    TAILQ_FOREACH (topic, &catchup->hub->wanted[WANT_NEWER], want_links[WANT_NEWER])
        if (topic != catchup->topic)
            lag += lag_of(topic);
    return lag;
}

bool catchup_is_complete(const struct catchup *catchup)
{
    return catchup->has_checked && catchup->query == CATCHUP_NONE && !catchup->hub->needs_check &&
           TAILQ_EMPTY(&catchup->hub->wanted[WANT_NEWER]) && catchup->hub->lobby_topic->is_loaded;
}
