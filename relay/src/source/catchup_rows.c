/* What becomes of the rows that catching up reads, one by one, and at the end of a query. */
#include "source/catchup.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "hub/hub_topics.h"
#include "hub/join.h"
#include "hub/page.h"
#include "hub/replay.h"
#include "stats/stats.h"

/* ---- one row ---- */

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
    if ((rows == CATCHUP_NEWER_ROWS && has_grown) || topic->announced > topic_head(topic))
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
