/* Catching up: which query is next, its statement, and what happens when it is lost. */
#include "source/catchup.h"

#include <inttypes.h>
#include <stdio.h>

#include "hub/hub_topics.h"
#include "hub/page.h"
#include "hub/replay.h"
#include "stats/stats.h"

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

void catchup_set(struct catchup *catchup, enum catchup_query query, struct topic *topic)
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
    const int64_t numbers[] = {topic->match_id, topic_head(topic), CATCHUP_NEWER_ROWS};

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
