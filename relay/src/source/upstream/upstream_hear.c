/* What the upstream tells. All of it is checked before any of it is used. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "hub/audience.h"
#include "hub/hub.h"
#include "hub/topics.h"
#include "source/upstream/upstream_state.h"
#include "stats/stats.h"
#include "wire/message.h"

/* Of a state: the scoreboard has 4 MiB at most. */
#define STATE_BYTES_MAX ((int64_t)8 * 1024 * 1024)
/* After a question that could not be answered. */
#define REST_MS 500

void upstream_refuse(struct upstream *upstream)
{
    relay_stats.malformed++;
    upstream_lost(upstream, "the upstream sends what is no message of " LINK_PROTOCOL,
                  "is one of the two relays of another version?");
}

static bool is_entry(struct span body, int64_t match_id, int64_t seq)
{
    return message_is_entry(body, match_id, seq) && link_is_json(body);
}

/* ---- live entries ---- */

static bool notice_is_sound(const char *text)
{
    struct notice notice;
    const char *body;
    size_t length;

    if (!notice_parse(&notice, text))
        return false;
    for (int64_t seq = notice.first_seq; notice_next(&notice, &body, &length); seq++)
        if (!is_entry((struct span){(const uint8_t *)body, length}, notice.match_id, seq))
            return false;
    return true;
}

static void hear_notice(struct upstream *upstream, struct span text)
{
    const char *payload = (const char *)text.bytes;

    if (strlen(payload) != text.length || !notice_is_sound(payload))
        upstream_refuse(upstream);
    else if (upstream->source.state >= SOURCE_CATCHING_UP)
        hub_notice(upstream->source.hub, payload);
}

/* ---- answers ---- */

/* An answer to a question that we have given up: it is no fault. */
static bool is_awaited(const struct upstream *upstream, const struct link_message *message)
{
    return upstream->question != 0 && message->numbers[0] == upstream->question;
}

static void hear_heads(struct upstream *upstream, struct link_message *message)
{
    struct catchup *catchup = &upstream->catchup;
    struct link_line line;

    if (catchup->query != CATCHUP_CHECK || upstream->has_begun) {
        upstream_refuse(upstream);
        return;
    }
    upstream->has_begun = true;
    catchup_epoch(catchup, message->epoch);
    while (link_next(message, &line))
        catchup_head(catchup, line.numbers[0], line.numbers[1]);
}

static void take_state(struct upstream *upstream)
{
    const struct buffer *loaded = &upstream->loaded;
    struct span state = {loaded->bytes, loaded->length};

    if (loaded->length > 0 && !link_is_json(state)) {
        upstream_refuse(upstream);
        return;
    }
    upstream->has_begun = true;
    catchup_state(&upstream->catchup, upstream->loaded_head,
                  loaded->length ? (const char *)loaded->bytes : NULL, loaded->length);
    buffer_free(&upstream->loaded);
}

static void hear_state(struct upstream *upstream, struct link_message *message)
{
    int64_t size = message->numbers[2];

    if (upstream->loading_id < 0 || upstream->has_begun || size > STATE_BYTES_MAX ||
        (int64_t)(upstream->loaded.length + message->rest.length) > size ||
        (size > 0 && message->rest.length == 0)) {
        upstream_refuse(upstream);
        return;
    }
    upstream->loaded_head = message->numbers[1];
    buffer_add(&upstream->loaded, message->rest.bytes, message->rest.length);
    if (upstream->loaded.is_broken)
        upstream_lost(upstream, "out of memory", "give the relay more");
    else if ((int64_t)upstream->loaded.length == size)
        take_state(upstream);
}

static void hear_lines(struct upstream *upstream, struct link_message *message)
{
    struct link_line line;

    if (upstream->loading_id < 0 || !upstream->has_begun) {
        upstream_refuse(upstream);
        return;
    }
    while (link_next(message, &line))
        catchup_line(&upstream->catchup, line.numbers[0]);
}

static void hear_branches(struct upstream *upstream, struct link_message *message)
{
    struct link_line line;

    if (upstream->loading_id < 0 || !upstream->has_begun) {
        upstream_refuse(upstream);
        return;
    }
    while (link_next(message, &line))
        catchup_branch(&upstream->catchup, line.epoch, line.numbers[0]);
}

/* Catching up looks at match and seq of each entry itself. */
static void hear_rows(struct upstream *upstream, struct link_message *message)
{
    struct link_line line;

    if ((upstream->loading_id >= 0 && !upstream->has_begun) || message->rest.length == 0 ||
        upstream->catchup.query == CATCHUP_LIST) {
        upstream_refuse(upstream);
        return;
    }
    while (link_next(message, &line)) {
        if (upstream->rows_left-- == 0 || !link_is_json(line.text)) {
            upstream_refuse(upstream);
            return;
        }
        catchup_row(&upstream->catchup, line.numbers[0], (const char *)line.text.bytes,
                    line.text.length);
    }
}

/* One piece at least, which says where the next page begins; only that one may be empty. */
static void hear_matches(struct upstream *upstream, struct link_message *message)
{
    struct catchup *catchup = &upstream->catchup;
    struct link_line line;

    if (catchup->query != CATCHUP_LIST || (upstream->has_begun && message->rest.length == 0)) {
        upstream_refuse(upstream);
        return;
    }
    upstream->has_begun = true;
    while (link_next(message, &line)) {
        if (upstream->rows_left-- == 0 || !link_is_json(line.text)) {
            upstream_refuse(upstream);
            return;
        }
        catchup_match(catchup, line.numbers[0], (const char *)line.text.bytes, line.text.length);
    }
    catchup_list_next(catchup, message->numbers[1]);
}

/* A match that cannot be loaded now is told of; what else is missing is asked for again. */
static void hear_done(struct upstream *upstream, struct link_message *message)
{
    struct catchup *catchup = &upstream->catchup;
    bool is_load = upstream->loading_id >= 0, is_list = catchup->query == CATCHUP_LIST;
    int64_t loaded_id = upstream->loading_id;
    enum link_outcome outcome = message->outcome;
    struct topic *topic;

    upstream->question = 0;
    upstream->loading_id = -1;
    if ((is_load || is_list || catchup->query == CATCHUP_CHECK) && outcome == LINK_WHOLE &&
        !upstream->has_begun)
        outcome = LINK_BROKEN;
    if (outcome == LINK_BROKEN && !is_list) /* a list is not asked for again by itself */
        upstream->rest_until_ms = clock_ms() + REST_MS;
    if (outcome == LINK_BROKEN && !is_load && !is_list) {
        catchup_abort(catchup);
        hub_suspect(upstream->source.hub);
        return;
    }
    catchup_done(catchup, outcome == LINK_WHOLE    ? CATCHUP_WHOLE
                          : outcome == LINK_ABSENT ? CATCHUP_ABSENT
                                                   : CATCHUP_BROKEN);
    topic = is_load ? topics_find(upstream->source.hub, loaded_id) : NULL;
    if (topic && topic->is_loaded)
        upstream_follow(upstream, topic);
}

/* ---- what it follows no more, or anew ---- */

/* An upstream that is behind may not have the match yet: it is not asked without end. */
static void hear_lost(struct upstream *upstream, struct link_message *message)
{
    struct hub *hub = upstream->source.hub;
    struct topic *topic;
    struct link_line line;

    while (link_next(message, &line)) {
        upstream_forget_follow(upstream, line.numbers[0]);
        topic = topics_find(hub, line.numbers[0]);
        if (upstream->catchup.is_behind)
            hub_suspect(hub);
        else if (topic && topic->is_loaded)
            topics_want(hub, topic, WANT_HEAD);
    }
}

/* The upstream knows that the match holds less; that is not the same as being late. */
static void hear_reset(struct upstream *upstream, struct link_message *message)
{
    struct hub *hub = upstream->source.hub;
    struct topic *topic;
    struct link_line line;

    while (link_next(message, &line)) {
        topic = topics_find(hub, line.numbers[0]);
        if (!topic || !topic->is_loaded)
            continue;
        if (line.numbers[1] < topic_head(topic))
            topics_reset(hub, topic);
        else
            topics_announce(hub, topic, line.numbers[1]);
    }
}

static void hear_viewers(struct upstream *upstream, struct link_message *message)
{
    struct link_line line;

    while (link_next(message, &line))
        audience_told(upstream->source.hub, line.numbers[0], line.numbers[1]);
}

/* ---- one message ---- */

/* An answer comes to its end: what may come twice is bounded by its size, or by its rows. */
static bool is_repeated(struct upstream *upstream, enum link_kind kind)
{
    uint32_t bit = UINT32_C(1) << kind;
    bool is_known = (upstream->told & bit) != 0;

    upstream->told |= bit;
    return is_known && kind != LINK_STATE && kind != LINK_ROWS && kind != LINK_MATCHES;
}

static void hear_answer(struct upstream *upstream, struct link_message *message)
{
    if (!is_awaited(upstream, message))
        return;
    if (is_repeated(upstream, message->kind)) {
        upstream_refuse(upstream);
        return;
    }
    upstream->asked_ms = clock_ms();
    switch (message->kind) {
    case LINK_EPOCH:
        hear_heads(upstream, message);
        break;
    case LINK_FIRST:
        catchup_lobby_first(&upstream->catchup, message->numbers[1]);
        break;
    case LINK_STATE:
        hear_state(upstream, message);
        break;
    case LINK_LINES:
        hear_lines(upstream, message);
        break;
    case LINK_BRANCHES:
        hear_branches(upstream, message);
        break;
    case LINK_ROWS:
        hear_rows(upstream, message);
        break;
    case LINK_MATCHES:
        hear_matches(upstream, message);
        break;
    default:
        hear_done(upstream, message);
    }
}

static void hear_message(struct upstream *upstream, struct link_message *message)
{
    switch (message->kind) {
    case LINK_HELLO:
        upstream_hello(upstream, message);
        break;
    case LINK_EPOCH:
    case LINK_FIRST:
    case LINK_STATE:
    case LINK_LINES:
    case LINK_BRANCHES:
    case LINK_ROWS:
    case LINK_MATCHES:
    case LINK_DONE:
        hear_answer(upstream, message);
        break;
    case LINK_LOST:
        hear_lost(upstream, message);
        break;
    case LINK_RESET:
        hear_reset(upstream, message);
        break;
    case LINK_VIEWERS:
        hear_viewers(upstream, message);
        break;
    case LINK_BYE:
        upstream_says_bye(upstream, message->numbers[0]);
        break;
    default:
        upstream_refuse(upstream);
    }
}

void upstream_hear(struct upstream *upstream, struct span text)
{
    struct link_message message;
    bool is_text = utf8_is_right(text.bytes, text.length);

    if (is_text && link_is_notice(text))
        hear_notice(upstream, text);
    else if (!is_text || !link_parse(&message, text) ||
             (upstream->state != UPSTREAM_UP && message.kind != LINK_HELLO))
        upstream_refuse(upstream);
    else
        hear_message(upstream, &message);
}
