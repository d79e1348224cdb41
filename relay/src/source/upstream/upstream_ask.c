/*
 * The questions to the upstream, and the matches that this relay follows there.
 *
 * The relay follows every match that is in its memory and has viewers. It goes on following a match
 * for a while after the last viewer, so that the next viewer or document finds it up to date. After
 * that, the match in memory counts as old: its head is compared before it is used.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "hub/topics.h"
#include "source/upstream/upstream_state.h"
#include "wire/listing.h"

#define IDLE_CHECKS_MAX 2

/* ---- questions ---- */

static void begin(struct upstream *upstream, struct buffer *text, enum link_kind kind)
{
    link_add_word(text, kind);
    link_add_number(text, ++upstream->last_question);
}

static bool ask(struct upstream *upstream, struct buffer *text, int64_t rows)
{
    bool is_asked = upstream_say(upstream, text);

    buffer_free(text);
    upstream->asked_ms = clock_ms();
    upstream->question = is_asked ? upstream->last_question : 0;
    upstream->has_begun = false;
    upstream->told = 0;
    upstream->rows_left = rows;
    buffer_free(&upstream->loaded);
    return is_asked;
}

bool upstream_page(struct source *source, int64_t match_id, int64_t after_seq, int64_t rows)
{
    struct upstream *upstream = upstream_of(source);
    struct buffer text = {0};

    begin(upstream, &text, LINK_PAGE);
    link_add_number(&text, match_id);
    link_add_number(&text, after_seq);
    link_add_number(&text, rows);
    upstream->loading_id = -1;
    return ask(upstream, &text, rows);
}

bool upstream_load(struct source *source, int64_t match_id, int64_t rows)
{
    struct upstream *upstream = upstream_of(source);
    struct buffer text = {0};

    begin(upstream, &text, LINK_LOAD);
    link_add_number(&text, match_id);
    link_add_number(&text, rows);
    upstream->loading_id = match_id;
    return ask(upstream, &text, rows);
}

bool upstream_can_list(struct source *source)
{
    return upstream_of(source)->may_list;
}

bool upstream_list(struct source *source, const struct listing_wish *wish)
{
    struct upstream *upstream = upstream_of(source);
    struct buffer text = {0};

    begin(upstream, &text, LINK_LIST);
    link_add_number(&text, wish->before);
    link_add_number(&text, wish->rows);
    if (wish->statuses) {
        buffer_add_text(&text, "\nstatus ");
        listing_write_statuses(&text, wish);
    }
    if (*wish->competition)
        link_add_text(&text, "competition", wish->competition);
    upstream->loading_id = -1;
    return ask(upstream, &text, wish->rows);
}

/* ---- follows ---- */

void upstream_forget_follow(struct upstream *upstream, int64_t match_id)
{
    struct upstream_follow *follow = map_get(&upstream->follows, match_id);

    map_remove(&upstream->follows, match_id);
    free(follow);
}

void upstream_forget_follows(struct upstream *upstream)
{
    struct upstream_follow *follow;
    size_t position = 0;

    while ((follow = map_next(&upstream->follows, &position)))
        free(follow);
    map_free(&upstream->follows);
}

/* False: it is followed already, or memory ran out, and the next check tries again. */
static bool note_follow(struct upstream *upstream, int64_t match_id)
{
    struct upstream_follow *follow;

    if (map_get(&upstream->follows, match_id))
        return false;
    follow = calloc(1, sizeof(*follow));
    if (!follow)
        return false;
    follow->match_id = match_id;
    if (map_put(&upstream->follows, match_id, follow))
        return true;
    free(follow);
    return false;
}

static void begin_follows(const struct upstream *upstream, struct buffer *text)
{
    link_add_word(text, LINK_FOLLOW);
    link_add_epoch(text, upstream->source.hub->epoch);
}

/* What cannot be said now is found missing by the next check. */
static void say_follows(struct upstream *upstream, struct buffer *text)
{
    if (text->length > 0 && !upstream_say(upstream, text))
        upstream_forget_follows(upstream);
    buffer_free(text);
}

void upstream_follow(struct upstream *upstream, struct topic *topic)
{
    struct buffer text = {0};

    upstream_forget_follow(upstream, topic->match_id);
    if (!note_follow(upstream, topic->match_id))
        return;
    begin_follows(upstream, &text);
    link_add_pair(&text, topic->match_id, topic_head(topic));
    say_follows(upstream, &text);
}

/* Of the matches that are compared, those that are in memory. */
static void follow_all(struct upstream *upstream, const int64_t *match_ids, size_t count)
{
    struct buffer text = {0};

    for (size_t i = 0; i < count; i++) {
        const struct topic *topic = topics_find(upstream->source.hub, match_ids[i]);

        if (!topic || !topic->is_loaded || !note_follow(upstream, match_ids[i]))
            continue;
        if (text.length == 0)
            begin_follows(upstream, &text);
        link_add_pair(&text, match_ids[i], topic_head(topic));
    }
    say_follows(upstream, &text);
}

/* True: nobody has wanted it for a while. */
static bool is_idle(struct upstream *upstream, struct upstream_follow *follow)
{
    struct topic *topic = topics_find(upstream->source.hub, follow->match_id);

    if (!topic || !topic->is_loaded)
        return true;
    if (topic->follow_count > 0 || follow->match_id == TOPIC_LOBBY)
        follow->idle_checks = 0;
    else if (++follow->idle_checks > IDLE_CHECKS_MAX)
        topic->checked_ms = 0;
    return follow->idle_checks > IDLE_CHECKS_MAX;
}

/* The map may not change while it is walked through: so it is walked again. */
static void unfollow_some(struct upstream *upstream)
{
    int64_t idle[LINK_MATCHES_MAX];
    struct upstream_follow *follow;
    struct buffer text = {0};
    size_t position = 0, count = 0;

    while (count < LINK_MATCHES_MAX && (follow = map_next(&upstream->follows, &position)))
        if (is_idle(upstream, follow))
            idle[count++] = follow->match_id;
    if (count > 0)
        link_add_word(&text, LINK_UNFOLLOW);
    for (size_t i = 0; i < count; i++) {
        upstream_forget_follow(upstream, idle[i]);
        link_add_line(&text, idle[i]);
    }
    say_follows(upstream, &text);
}

/* The lobby is in the last part of each comparison of all. */
static bool is_last_part(const int64_t *match_ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (match_ids[i] == TOPIC_LOBBY)
            return true;
    return false;
}

bool upstream_check(struct source *source, const int64_t *match_ids, size_t count, bool asks_acks)
{
    struct upstream *upstream = upstream_of(source);
    struct buffer text = {0};

    (void)asks_acks;
    if (is_last_part(match_ids, count))
        unfollow_some(upstream);
    follow_all(upstream, match_ids, count);
    begin(upstream, &text, LINK_HEADS);
    for (size_t i = 0; i < count; i++)
        link_add_line(&text, match_ids[i]);
    upstream->loading_id = -1;
    return ask(upstream, &text, 0);
}
