/* Catching up: which query is next, its statement, and what happens when it is lost. */
#include "source/catchup.h"

#include <inttypes.h>
#include <stdio.h>

#include "hub/history.h"
#include "hub/replay.h"
#include "hub/topics.h"
#include "stats/stats.h"

/* So few that may not exist are loaded at once; of more, it is asked first which do. */
#define UNSURE_MAX 8

/* Statement and row of a check: the epoch first, then a head for each match. */
#define CHECK_SQL                                                                                  \
    "SELECT NULL::bigint, NULL::bigint, commentary.epoch()"                                        \
    " UNION ALL SELECT h.match_id, h.head, NULL FROM commentary.heads($1::bigint[]) AS h"

static const char check_sql[] = CHECK_SQL;

/* The same, and whether commits are acknowledged: t or f, and what the flusher waits for. */
static const char check_acks_sql[] =
    CHECK_SQL " UNION ALL SELECT NULL, a.oldest_ms,"
              " CASE WHEN a.is_working THEN 't' ELSE 'f' END || coalesce(a.waits_for, '')"
              " FROM commentary.ack_status() AS a WHERE a.is_working IS NOT NULL";

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
    catchup_end(catchup);
    catchup->query = query;
    catchup->topic = topic;
    catchup->rows = 0;
    catchup->first_seq = catchup->last_seq = 0;
    catchup->hole_end = 0;
    catchup->floor = 1;
    catchup->has_reached_log = false;
    catchup->is_broken = false;
    if (topic)
        topic->is_reading = true;
}

void catchup_end(struct catchup *catchup)
{
    if (catchup->topic)
        catchup->topic->is_reading = false;
    catchup->query = CATCHUP_NONE;
    catchup->topic = NULL;
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

/* ---- checks ---- */

/* The lobby is the last: once it is answered, all are. */
static void begin_cycle(struct catchup *catchup)
{
    struct hub *hub = catchup->hub;
    struct topic *topic;

    hub->needs_check = false;
    catchup->must_ask_acks = catchup->acks.can_be_asked;
    TAILQ_FOREACH (topic, &hub->shelf.followed, shelf_link)
        if (topic->is_loaded)
            topics_want(hub, topic, WANT_HEAD);
    topics_unwant(hub, hub->lobby_topic, WANT_HEAD);
    topics_want(hub, hub->lobby_topic, WANT_HEAD);
}

static void slice_add(struct catchup *catchup, struct topic *topic)
{
    catchup->slice[catchup->slice_count++] = topic->match_id;
    topic->slice = catchup->slice_number;
    topic->head_when_asked = topic_head(topic);
}

/* Of those that are to be loaded: is there such a match? */
static void slice_add_unsure(struct catchup *catchup, enum want want)
{
    struct topic *topic;
    size_t seen = 0;

    TAILQ_FOREACH (topic, &catchup->hub->wanted[want], want_links[want]) {
        if (catchup->slice_count == CATCHUP_SLICE || seen++ == CATCHUP_SLICE)
            return;
        if (!topic->is_known && topic->slice != catchup->slice_number)
            slice_add(catchup, topic);
    }
}

static void slice_fill(struct catchup *catchup)
{
    static const enum want loads[] = {WANT_RETURN, WANT_LOAD, WANT_DOCUMENT};
    struct hub *hub = catchup->hub;
    struct topic *topic;

    catchup->slice_count = 0;
    catchup->slice_number += catchup->slice_number == UINT32_MAX ? 2 : 1; /* 0 is none */
    while (catchup->slice_count < CATCHUP_SLICE && (topic = TAILQ_FIRST(&hub->wanted[WANT_HEAD]))) {
        topics_unwant(hub, topic, WANT_HEAD);
        slice_add(catchup, topic);
    }
    if (hub->unsure_count <= UNSURE_MAX)
        return;
    for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
        slice_add_unsure(catchup, loads[i]);
}

static void slice_write(const struct catchup *catchup, struct buffer *array)
{
    buffer_clear(array);
    buffer_add_text(array, "{");
    for (size_t i = 0; i < catchup->slice_count; i++) {
        if (i > 0)
            buffer_add_text(array, ",");
        buffer_add_number(array, catchup->slice[i]);
    }
    buffer_add(array, "}", sizeof("}"));
}

static bool send_check(struct catchup *catchup, PGconn *conn)
{
    struct buffer array = {0};
    const char *values[1];
    bool is_sent;

    slice_fill(catchup);
    slice_write(catchup, &array);
    values[0] = (const char *)array.bytes;
    is_sent = !array.is_broken &&
              PQsendQueryParams(conn, catchup->must_ask_acks ? check_acks_sql : check_sql, 1, NULL,
                                values, NULL, NULL, 0) &&
              PQsetSingleRowMode(conn);
    buffer_free(&array);
    catchup->must_ask_acks = false;
    catchup_set(catchup, CATCHUP_CHECK, NULL);
    return is_sent;
}

/* ---- reads of one topic ---- */

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
    const int64_t numbers[] = {topic->match_id, CATCHUP_LOAD_ROWS};
    bool is_lobby = topic == catchup->hub->lobby_topic;

    catchup_set(catchup, CATCHUP_LOAD, topic);
    topics_unwant_load(catchup->hub, topic);
    topic->reads_begun++;
    return send_numbers(conn, is_lobby ? load_lobby_sql : load_match_sql, 2, numbers);
}

static bool send_page(struct catchup *catchup, PGconn *conn, struct topic *topic)
{
    int64_t wanted = replay_next_wanted(topic), first_seq = replay_history_begin(wanted);
    const int64_t numbers[] = {topic->match_id, first_seq - 1, HISTORY_ROWS};

    catchup_set(catchup, CATCHUP_PAGE, topic);
    catchup->page_wanted = wanted;
    catchup->page = history_new(&catchup->hub->histories, topic, first_seq);
    return catchup->page && send_numbers(conn, read_sql, 3, numbers);
}

static struct topic *take_wanted(struct hub *hub, enum want want)
{
    struct topic *topic = TAILQ_FIRST(&hub->wanted[want]);

    if (topic)
        topics_unwant(hub, topic, want);
    return topic;
}

/* Those who came for a page may have left: then there is nothing to read. */
static bool has_page_to_read(const struct topic *topic)
{
    return topic->is_loaded && replay_next_wanted(topic) > 0;
}

static void catchup_count(enum catchup_query query)
{
    static const enum stats_read reads[] = {[CATCHUP_CHECK] = READ_CHECK,
                                            [CATCHUP_NEWER] = READ_NEWER,
                                            [CATCHUP_LOAD] = READ_LOAD,
                                            [CATCHUP_PAGE] = READ_HISTORY};

    relay_stats.reads[reads[query]]++;
}

/* ---- whose turn it is ---- */

static enum catchup_sent sent(bool is_sent)
{
    return is_sent ? CATCHUP_SENT : CATCHUP_FAILED;
}

static enum catchup_sent send_head(struct catchup *catchup, PGconn *conn)
{
    struct hub *hub = catchup->hub;

    if (hub->needs_check)
        begin_cycle(catchup);
    if (TAILQ_EMPTY(&hub->wanted[WANT_HEAD]) && hub->unsure_count <= UNSURE_MAX)
        return CATCHUP_IDLE;
    return sent(send_check(catchup, conn));
}

/* What has been read for another reason meanwhile need not be read for this one. */
static enum catchup_sent send_topic(struct catchup *catchup, PGconn *conn, enum want want)
{
    struct topic *topic;

    while ((topic = take_wanted(catchup->hub, want))) {
        if (want == WANT_NEWER || (want == WANT_RETURN && topic->is_loaded))
            return sent(send_newer(catchup, conn, topic));
        if (want != WANT_HISTORY && !topic->is_loaded)
            return sent(send_load(catchup, conn, topic));
        if (want != WANT_LOAD && has_page_to_read(topic))
            return sent(send_page(catchup, conn, topic));
    }
    return CATCHUP_IDLE;
}

/* Before the epoch is known, nothing that is read would have a meaning. */
enum catchup_sent catchup_send(struct catchup *catchup, PGconn *conn)
{
    enum catchup_sent what = CATCHUP_IDLE;

    if (!catchup->has_epoch)
        catchup->turn = WANT_HEAD;
    for (int i = 0; i < WANT_KINDS && what == CATCHUP_IDLE; i++) {
        enum want want = (enum want)catchup->turn;

        catchup->turn = (catchup->turn + 1) % WANT_KINDS;
        what = want == WANT_HEAD ? send_head(catchup, conn) : send_topic(catchup, conn, want);
    }
    if (what == CATCHUP_SENT)
        catchup_count(catchup->query);
    return what;
}

/* ---- the connection ---- */

void catchup_begin(struct catchup *catchup)
{
    catchup->has_checked = false;
    catchup->has_epoch = false;
    catchup->hub->needs_check = true;
}

void catchup_abort(struct catchup *catchup)
{
    static const enum want wants[] = {
        [CATCHUP_NEWER] = WANT_NEWER, [CATCHUP_LOAD] = WANT_RETURN, [CATCHUP_PAGE] = WANT_HISTORY};
    struct topic *topic = catchup->topic;

    if (catchup->page)
        history_release(catchup->page);
    catchup->page = NULL;
    if (topic && catchup->query == CATCHUP_LOAD)
        topic_reset(topic);
    if (topic)
        topics_want(catchup->hub, topic, wants[catchup->query]);
    catchup_end(catchup);
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
