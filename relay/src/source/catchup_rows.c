/* What catching up does with each row that is read, and at the end of a query. */
#include "source/catchup.h"

#include <assert.h>

#include "base/clock.h"
#include "base/log.h"
#include "hub/join.h"
#include "hub/topics.h"
#include "stats/stats.h"
#include "wire/message.h"

#define COMPLAIN_EVERY_MS 10000
#define HOLE_HINT "the log must not be changed by hand; commentary.check() tells more"

/* What a DBA has to look into, not more often than that. */
static bool may_complain(struct catchup *catchup)
{
    int64_t now_ms = clock_ms();

    if (catchup->complained_ms && now_ms - catchup->complained_ms < COMPLAIN_EVERY_MS)
        return false;
    catchup->complained_ms = now_ms;
    return true;
}

/* Nothing more is read before the epoch is known again. */
static void leave_foreign(struct catchup *catchup)
{
    catchup->has_epoch = false;
    catchup->hub->needs_check = true;
    catchup_abort(catchup);
}

/* ---- heads ---- */

/*
 * Within an epoch, history is not rewritten. A read that finds less than is known may be a
 * mistake: to a snapshot from before ALTER TABLE, CLUSTER or VACUUM FULL the table that they
 * have rewritten looks empty. So it is believed when the next read finds the same.
 */
bool catchup_is_doubtful(struct catchup *catchup, struct topic *topic)
{
    bool is_new = !topic->is_doubted;

    topic->is_doubted = true;
    if (is_new)
        hub_suspect(catchup->hub);
    return is_new;
}

/* What lags has still to come to where we are. */
static void head_is_lower(struct catchup *catchup, struct topic *topic, int64_t head)
{
    if (catchup->hub->may_lag || catchup_is_doubtful(catchup, topic))
        return;
    if (may_complain(catchup))
        log_error("the table holds less than was sent: the match starts afresh",
                  LOG_NUMBER("match", topic->match_id), LOG_NUMBER("head", head),
                  LOG_NUMBER("sent", topic->head_when_asked), LOG_TEXT("hint", HOLE_HINT));
    topic->is_doubted = false;
    topics_reset(catchup->hub, topic);
}

void catchup_head(struct catchup *catchup, int64_t match_id, int64_t head)
{
    struct topic *topic = topics_find(catchup->hub, match_id);

    if (!topic || topic->slice != catchup->slice_number)
        return;
    topic->slice = 0;
    topic->checked_ms = clock_ms();
    topics_know(catchup->hub, topic);
    if (!topic->is_loaded)
        return;
    if (match_id == TOPIC_LOBBY)
        catchup->is_behind = catchup->hub->may_lag && head < topic->head_when_asked;
    if (head < topic->head_when_asked) {
        head_is_lower(catchup, topic, head);
        return;
    }
    topic->is_doubted = false;
    if (head > topic_head(topic))
        topics_announce(catchup->hub, topic, head);
}

/* ---- one row ---- */

static void raise_floor(struct topic *topic, int64_t seq)
{
    if (seq > topic->floor)
        topic->floor = seq;
}

/*
 * The log of a match has no holes, unless somebody deletes entries by force or inserts one with a
 * seq of their own. By the rule that after seq n comes n + 1, no viewer can go past a hole. So
 * viewers start afresh after it: the topic's floor is the first entry after the last known hole.
 * A viewer before the floor is sent `subscribed` once, not recovered, and goes on from there; a
 * viewer that is past it gets no message.
 *
 * The lobby's log may begin later, when its old entries were purged. That is no hole, and
 * is not logged; for viewers it is the same.
 */
void catchup_note_hole(struct catchup *catchup, struct topic *topic, int64_t from, int64_t to)
{
    raise_floor(topic, to + 1);
    if (may_complain(catchup))
        log_error("entries are missing in the table", LOG_NUMBER("match", topic->match_id),
                  LOG_NUMBER("from", from), LOG_NUMBER("to", to), LOG_TEXT("hint", HOLE_HINT));
}

/* An entry whose text names another match or seq than its row counts as missing. */
bool catchup_is_sound(struct catchup *catchup, int64_t seq, const char *body, size_t length)
{
    if (message_is_entry((struct span){(const uint8_t *)body, length}, catchup->topic->match_id,
                         seq))
        return true;
    if (may_complain(catchup))
        log_error("an entry of the table is not what its row says: it is left out",
                  LOG_NUMBER("match", catchup->topic->match_id), LOG_NUMBER("seq", seq),
                  LOG_TEXT("hint", "has somebody replaced a function of the extension?"));
    return false;
}

/* What is in memory is served from there, also when it was purged meanwhile. */
void catchup_lobby_first(struct catchup *catchup, int64_t seq)
{
    struct topic *topic = catchup->hub->lobby_topic;

    if (topic->run.first_seq < topic->run.next_seq && topic->run.first_seq < seq)
        seq = topic->run.first_seq;
    if (topic->is_loaded || catchup->topic == topic)
        raise_floor(topic, seq);
}

/* What was announced stays so: it may have come after the table was read. */
static void load_begin(struct catchup *catchup, struct topic *topic, int64_t head)
{
    int64_t announced = topic->announced;

    topic_reset(topic);
    topic->announced = announced;
    run_reset(&topic->run, head + 1);
    if (topic == catchup->hub->lobby_topic)
        lobby_free(&catchup->hub->lobby);
}

static void newer_row(struct catchup *catchup, int64_t seq, const char *body, size_t length)
{
    struct topic *topic = catchup->topic;

    if (!topic->is_loaded || catchup->is_broken || !catchup_is_sound(catchup, seq, body, length))
        return;
    if (seq > topic->run.next_seq) {
        catchup_note_hole(catchup, topic, topic->run.next_seq, seq - 1);
        run_reset(&topic->run, seq);
        join_past_hole(topic);
    }
    hub_publish(catchup->hub, topic, seq, body, length);
    catchup->is_broken = topic_head(topic) < seq; /* memory ran out: what follows is no hole */
}

void catchup_state(struct catchup *catchup, int64_t head, const char *state, size_t length)
{
    struct topic *topic = catchup->topic;

    if (catchup->is_foreign)
        return;
    load_begin(catchup, topic, head);
    if (!topic_set_state(topic, state, length))
        catchup->is_broken = true;
    catchup->rows++;
    relay_stats.read_rows++;
}

void catchup_branch(struct catchup *catchup, const char *epoch, int64_t seq)
{
    if (!catchup->is_foreign)
        lineage_add(&catchup->topic->lineage, epoch, seq);
}

/* The entries follow head and state, up to that head. */
static void load_row(struct catchup *catchup, int64_t seq, const char *body, size_t length)
{
    struct topic *topic = catchup->topic;

    if (!catchup_is_sound(catchup, seq, body, length))
        return;
    if (seq != topic->run.next_seq) {
        if (catchup->last_seq > 0)
            catchup_note_hole(catchup, topic, topic->run.next_seq, seq - 1);
        run_reset(&topic->run, seq);
    }
    if (catchup->first_seq == 0)
        catchup->first_seq = seq;
    catchup->last_seq = seq;
    if (!topic_append(topic, body, length))
        catchup->is_broken = true;
}

void catchup_line(struct catchup *catchup, int64_t seq)
{
    if (catchup->is_foreign)
        return;
    if (catchup->query == CATCHUP_LOAD && !lines_add(&catchup->topic->lines, seq))
        catchup->is_broken = true;
}

void catchup_row(struct catchup *catchup, int64_t seq, const char *body, size_t length)
{
    if (catchup->is_foreign)
        return;
    switch (catchup->query) {
    case CATCHUP_NEWER:
        newer_row(catchup, seq, body, length);
        break;
    case CATCHUP_LOAD:
        load_row(catchup, seq, body, length);
        break;
    case CATCHUP_HISTORY:
        catchup_history_row(catchup, seq, body, length);
        break;
    case CATCHUP_CHECK:
    case CATCHUP_LIST:
    case CATCHUP_NONE:
        break;
    }
    catchup->rows++;
    relay_stats.read_rows++;
}

void catchup_match(struct catchup *catchup, int64_t match_id, const char *state, size_t length)
{
    listing_add(&catchup->hub->listings, match_id, state, length);
    relay_stats.read_rows++;
}

void catchup_list_next(struct catchup *catchup, int64_t next)
{
    listing_set_next(&catchup->hub->listings, next);
}

/* ---- at the end of a query ---- */

/* The match was removed, or never existed. */
static void topic_is_absent(struct hub *hub, struct topic *topic)
{
    if (!join_absent(hub, topic))
        topics_drop(hub, topic);
}

/*
 * In the answer to a check. A topic that we have had may exist all the same: see above; and a
 * source that is behind may not have got it yet.
 */
static void topic_is_missed(struct catchup *catchup, struct topic *topic)
{
    if (catchup_is_copied_anew(catchup))
        return;
    if (!topic->is_loaded || !(catchup->is_behind || catchup_is_doubtful(catchup, topic)))
        topic_is_absent(catchup->hub, topic);
}

static void check_topic(struct catchup *catchup, int64_t match_id)
{
    struct hub *hub = catchup->hub;
    struct topic *topic = topics_find(hub, match_id);

    if (match_id == TOPIC_LOBBY)
        catchup->has_checked = true;
    if (!topic)
        return;
    if (topic->slice == catchup->slice_number && match_id != TOPIC_LOBBY)
        topic_is_missed(catchup, topic);
    else if (topic->is_awaited && topic->is_loaded && topic->announced <= topic_head(topic))
        join_all(hub, topic);
}

static void check_done(struct catchup *catchup)
{
    struct hub *hub = catchup->hub;

    for (size_t i = 0; i < catchup->slice_count; i++)
        check_topic(catchup, catchup->slice[i]);
    if (!hub->lobby_topic->is_loaded)
        topics_want(hub, hub->lobby_topic, WANT_RETURN);
}

/* Announced but not in the table. It is not asked for again before the next heartbeat. */
static void newer_done(struct catchup *catchup, struct topic *topic, int64_t rows)
{
    bool has_grown;

    assert(topic);
    has_grown = topic_head(topic) > topic->head_when_asked;
    topic->reads_done = topic->reads_begun;
    topic->checked_ms = clock_ms();
    if (!has_grown && topic->announced > topic_head(topic)) {
        if (rows == 0 && may_complain(catchup))
            log_warn("an entry was announced that is not in the table",
                     LOG_NUMBER("match", topic->match_id), LOG_NUMBER("seq", topic->announced));
        topic->announced = topic_head(topic);
    }
    if ((rows == CATCHUP_NEWER_ROWS && has_grown) || topic->announced > topic_head(topic))
        topics_want(catchup->hub, topic, WANT_NEWER);
    else
        join_all(catchup->hub, topic);
}

/* All that there is was read, besides the row of the head, and it does not begin with 1. */
static void look_for_hole_at_start(struct catchup *catchup, struct topic *topic, int64_t rows)
{
    if (rows > CATCHUP_LOAD_ROWS || catchup->first_seq <= topic->floor)
        return;
    if (topic == catchup->hub->lobby_topic)
        raise_floor(topic, catchup->first_seq);
    else
        catchup_note_hole(catchup, topic, topic->floor, catchup->first_seq - 1);
}

static void load_done(struct catchup *catchup, struct topic *topic, int64_t rows, bool is_broken)
{
    struct hub *hub = catchup->hub;

    assert(topic);
    topic->reads_done = topic->reads_begun;
    if (rows == 0 && topic != hub->lobby_topic) {
        if (topic->is_known && catchup_is_doubtful(catchup, topic))
            topics_want(hub, topic, WANT_RETURN);
        else
            topic_is_absent(hub, topic);
        return;
    }
    if (rows == 0 || is_broken) {
        log_error("a match cannot be loaded", LOG_NUMBER("match", topic->match_id));
        join_fail(hub, topic, "unavailable", "this match cannot be read: try again later");
        topic_reset(topic);
        return;
    }
    topic->is_loaded = true;
    topic->is_doubted = false;
    topic->checked_ms = clock_ms();
    look_for_hole_at_start(catchup, topic, rows);
    topics_know(hub, topic);
    topics_unwant_load(hub, topic); /* of who came while it was under way */
    topics_count(hub, topic);
    topics_announce(hub, topic, topic->announced); /* what was heard of while it was read */
    join_all(hub, topic);
}

static void list_done(struct hub *hub, enum catchup_outcome outcome)
{
    static const enum listing_outcome outcomes[] = {[CATCHUP_WHOLE] = LISTING_WHOLE,
                                                    [CATCHUP_ABSENT] = LISTING_UNKNOWN,
                                                    [CATCHUP_BROKEN] = LISTING_BROKEN};

    listing_finish(&hub->listings, outcomes[outcome]);
}

void catchup_done(struct catchup *catchup, enum catchup_outcome outcome)
{
    enum catchup_query query = catchup->query;
    struct topic *topic = catchup->topic;
    struct history *history = catchup->history;
    bool is_broken = catchup->is_broken || outcome == CATCHUP_BROKEN;
    int64_t rows = outcome == CATCHUP_ABSENT ? 0 : catchup->rows;

    if (catchup->is_foreign) {
        leave_foreign(catchup);
        return;
    }
    catchup->history = NULL;
    catchup_end(catchup);
    switch (query) {
    case CATCHUP_CHECK:
        check_done(catchup);
        break;
    case CATCHUP_NEWER:
        newer_done(catchup, topic, rows);
        break;
    case CATCHUP_LOAD:
        load_done(catchup, topic, rows, is_broken);
        break;
    case CATCHUP_HISTORY:
        catchup_history_done(catchup, topic, history, is_broken);
        break;
    case CATCHUP_LIST:
        list_done(catchup->hub, outcome);
        break;
    case CATCHUP_NONE:
        break;
    }
}
