/* Catching up: which query is next, and what happens when it is lost. */
#include "source/catchup.h"

#include "hub/replay.h"
#include "hub/topics.h"
#include "stats/stats.h"
#include "topic/history.h"

/* So few that may not exist are loaded at once; of more, it is asked first which do. */
#define UNSURE_MAX 8

/* Of one lane and reason, in one check, before others that wait have had as many. */
#define LANE_SHARE (CATCHUP_SLICE / WANTS_LANES / 3)

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
    catchup->is_broken = catchup->is_foreign = false;
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

/* ---- checks ---- */

/* The lobby is the last: once it is answered, all are. */
static void begin_cycle(struct catchup *catchup)
{
    struct hub *hub = catchup->hub;
    struct topic *topic;

    hub->needs_check = false;
    catchup->must_ask_acks = catchup->source->acks.can_be_asked;
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
    topic->looks++;
    topic->head_when_asked = topic_head(topic);
}

/* Of those that are to be loaded: is there such a match? */
static void slice_add_lane(struct catchup *catchup, enum want want, int lane, size_t limit)
{
    struct topic *topic;
    size_t seen = 0;

    TAILQ_FOREACH (topic, &catchup->hub->wanted[want].lanes[lane], want_links[want]) {
        if (catchup->slice_count == CATCHUP_SLICE || seen++ == limit)
            return;
        if (!topic->is_known && topic->slice != catchup->slice_number)
            slice_add(catchup, topic);
    }
}

static void slice_add_unsure(struct catchup *catchup, size_t limit)
{
    static const enum want loads[] = {WANT_RETURN, WANT_LOAD, WANT_DOCUMENT};

    for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
        for (int lane = 0; lane < WANTS_LANES; lane++)
            slice_add_lane(catchup, loads[i], lane, limit);
}

/* Each lane its share first, and then what there is room for. */
static void slice_fill(struct catchup *catchup)
{
    struct hub *hub = catchup->hub;
    struct topic *topic;

    catchup->slice_count = 0;
    catchup->slice_number += catchup->slice_number == UINT32_MAX ? 2 : 1; /* 0 is none */
    while (catchup->slice_count < CATCHUP_SLICE && (topic = wants_first(&hub->wanted[WANT_HEAD]))) {
        topics_unwant(hub, topic, WANT_HEAD);
        slice_add(catchup, topic);
    }
    if (hub->unsure_count <= UNSURE_MAX)
        return;
    slice_add_unsure(catchup, LANE_SHARE);
    slice_add_unsure(catchup, CATCHUP_SLICE);
}

static bool send_check(struct catchup *catchup)
{
    struct source *source = catchup->source;
    bool asks_acks = catchup->must_ask_acks;

    slice_fill(catchup);
    catchup->must_ask_acks = false;
    catchup_set(catchup, CATCHUP_CHECK, NULL);
    return source->ops->check(source, catchup->slice, catchup->slice_count, asks_acks);
}

/* ---- reads of one topic ---- */

static bool send_newer(struct catchup *catchup, struct topic *topic)
{
    struct source *source = catchup->source;

    catchup_set(catchup, CATCHUP_NEWER, topic);
    topic->reads_begun++;
    topic->head_when_asked = topic_head(topic);
    return source->ops->newer(source, topic->match_id, topic_head(topic), CATCHUP_NEWER_ROWS);
}

static bool send_load(struct catchup *catchup, struct topic *topic)
{
    struct source *source = catchup->source;

    catchup_set(catchup, CATCHUP_LOAD, topic);
    topics_unwant_load(catchup->hub, topic);
    topic->reads_begun++;
    topic->looks++;
    return source->ops->load(source, topic->match_id, CATCHUP_LOAD_ROWS);
}

static bool send_history(struct catchup *catchup, struct topic *topic)
{
    struct source *source = catchup->source;
    int64_t wanted = replay_next_wanted(topic), first_seq = replay_history_begin(wanted);

    catchup_set(catchup, CATCHUP_HISTORY, topic);
    catchup->history_wanted = wanted;
    catchup->history = history_new(&catchup->hub->histories, topic, first_seq);
    return catchup->history &&
           source->ops->history(source, topic->match_id, first_seq - 1, HISTORY_ROWS);
}

static struct topic *take_wanted(struct hub *hub, enum want want)
{
    struct topic *topic = wants_first(&hub->wanted[want]);

    if (topic)
        topics_unwant(hub, topic, want);
    return topic;
}

/* The viewers that wanted the history may have left: then there is nothing to read. */
static bool has_history_to_read(const struct topic *topic)
{
    return topic->is_loaded && replay_next_wanted(topic) > 0;
}

static void catchup_count(enum catchup_query query)
{
    static const enum stats_read reads[] = {[CATCHUP_CHECK] = READ_CHECK,
                                            [CATCHUP_NEWER] = READ_NEWER,
                                            [CATCHUP_LOAD] = READ_LOAD,
                                            [CATCHUP_HISTORY] = READ_HISTORY,
                                            [CATCHUP_LIST] = READ_LIST};

    relay_stats.reads[reads[query]]++;
}

/* ---- whose turn it is ---- */

static enum catchup_sent sent(bool is_sent)
{
    return is_sent ? CATCHUP_SENT : CATCHUP_FAILED;
}

static enum catchup_sent send_head(struct catchup *catchup)
{
    struct hub *hub = catchup->hub;

    if (hub->needs_check)
        begin_cycle(catchup);
    if (hub->wanted[WANT_HEAD].count == 0 && hub->unsure_count <= UNSURE_MAX)
        return CATCHUP_IDLE;
    return sent(send_check(catchup));
}

/* What has been read for another reason meanwhile need not be read for this one. */
static enum catchup_sent send_topic(struct catchup *catchup, enum want want)
{
    struct topic *topic;

    while ((topic = take_wanted(catchup->hub, want))) {
        if (want == WANT_NEWER || (want == WANT_RETURN && topic->is_loaded))
            return sent(send_newer(catchup, topic));
        if (want != WANT_HISTORY && !topic->is_loaded)
            return sent(send_load(catchup, topic));
        if (want != WANT_LOAD && has_history_to_read(topic))
            return sent(send_history(catchup, topic));
    }
    return CATCHUP_IDLE;
}

/* A source that cannot tell of them refuses all at once: nothing is read for it. */
static enum catchup_sent send_list(struct catchup *catchup)
{
    struct source *source = catchup->source;
    struct listings *listings = &catchup->hub->listings;
    const struct listing *listing;

    if (listings->count == 0)
        return CATCHUP_IDLE;
    if (!source->ops->can_list(source)) {
        listings_finish_all(listings, LISTING_UNKNOWN);
        return CATCHUP_IDLE;
    }
    listing = listing_take(listings);
    catchup_set(catchup, CATCHUP_LIST, NULL);
    return sent(source->ops->list(source, &listing->wish));
}

/* Lists have their turn after the wants. */
#define KINDS (WANT_KINDS + 1)

/* Before the epoch is known, nothing that is read would have a meaning. */
static int kinds_to_read(struct catchup *catchup)
{
    if (catchup->has_epoch)
        return KINDS;
    catchup->turn = WANT_HEAD;
    return 1;
}

enum catchup_sent catchup_send(struct catchup *catchup)
{
    enum catchup_sent what = CATCHUP_IDLE;
    int kinds = kinds_to_read(catchup);

    for (int i = 0; i < kinds && what == CATCHUP_IDLE; i++) {
        int kind = catchup->turn;

        catchup->turn = (catchup->turn + 1) % KINDS;
        what = kind == WANT_KINDS  ? send_list(catchup)
               : kind == WANT_HEAD ? send_head(catchup)
                                   : send_topic(catchup, (enum want)kind);
    }
    if (what == CATCHUP_SENT)
        catchup_count(catchup->query);
    return what;
}

/* ---- the connection ---- */

void catchup_init(struct catchup *catchup, struct source *source)
{
    *catchup = (struct catchup){.hub = source->hub, .source = source};
    source->catchup = catchup;
}

void catchup_begin(struct catchup *catchup)
{
    catchup->has_checked = false;
    catchup->has_epoch = false;
    catchup->is_behind = false;
    catchup->source->obstacle = SOURCE_FREE;
    catchup->hub->needs_check = true;
}

void catchup_abort(struct catchup *catchup)
{
    static const enum want wants[] = {[CATCHUP_NEWER] = WANT_NEWER,
                                      [CATCHUP_LOAD] = WANT_RETURN,
                                      [CATCHUP_HISTORY] = WANT_HISTORY};
    struct topic *topic = catchup->topic;

    if (catchup->history)
        history_release(catchup->history);
    catchup->history = NULL;
    if (topic && catchup->query == CATCHUP_LOAD)
        topic_reset(topic);
    if (topic)
        topics_want(catchup->hub, topic, wants[catchup->query]);
    if (catchup->query == CATCHUP_LIST)
        listing_again(&catchup->hub->listings);
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

    TAILQ_FOREACH (topic, &catchup->hub->wanted[WANT_NEWER].lanes[WANTS_OURS],
                   want_links[WANT_NEWER])
        if (topic != catchup->topic)
            lag += lag_of(topic);
    return lag;
}

bool catchup_is_complete(const struct catchup *catchup)
{
    return catchup->has_checked && catchup->has_epoch && catchup->query == CATCHUP_NONE &&
           !catchup->hub->needs_check && catchup->hub->wanted[WANT_NEWER].count == 0 &&
           catchup->hub->lobby_topic->is_loaded;
}
