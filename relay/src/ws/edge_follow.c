/* What an edge follows: entries of a topic go out as notices. */
#include <stdlib.h>
#include <string.h>

#include "hub/hub.h"
#include "hub/join.h"
#include "hub/topics.h"
#include "wire/message.h"
#include "ws/edge_state.h"
#include "ws/state.h"

#define RECOVERED "\"recovered\":true"

struct edge_follow {
    struct edge_part part; /* first */
    bool is_joined;        /* it has been, in this epoch: */
    char epoch[EPOCH_BYTES_MAX + 1];
};

/* ---- what it is told ---- */

static struct buffer *begin_notice(const struct edge_follow *follow, int64_t match_id,
                                   int64_t first_seq, int64_t count)
{
    struct buffer *out = edge_begin(follow->part.edge);

    buffer_add_text(out, "1");
    link_add_epoch(out, follow->part.edge->server->hub->epoch);
    link_add_number(out, match_id);
    link_add_number(out, first_seq);
    link_add_number(out, count);
    return out;
}

static enum wire_result announce_epoch(struct edge_follow *follow)
{
    return edge_send(follow->part.edge, begin_notice(follow, 0, 0, 0));
}

/* The edge reads what it has not. */
static enum wire_result announce(struct edge_follow *follow, int64_t head)
{
    if (head < 1)
        return WIRE_SENT;
    return edge_send(follow->part.edge, begin_notice(follow, follow->part.match_id, head, 1));
}

/* It was live and has to begin again: the relay knows that its match holds less, or has a hole. */
static enum wire_result tell_reset(struct edge_follow *follow, int64_t head)
{
    struct buffer *out = edge_begin(follow->part.edge);

    link_add_word(out, LINK_RESET);
    link_add_pair(out, follow->part.match_id, head);
    return edge_send(follow->part.edge, out);
}

static enum wire_result joined(struct edge_follow *follow, const struct message *message)
{
    const char *epoch = follow->part.edge->server->hub->epoch;
    bool is_same_epoch = strcmp(epoch, follow->epoch) == 0, was_joined = follow->is_joined;
    int64_t head = message_number(message, "\"head\":");

    follow->is_joined = true;
    memcpy(follow->epoch, epoch, strlen(epoch) + 1);
    if (!is_same_epoch)
        return announce_epoch(follow);
    if (message_has(message, RECOVERED))
        return WIRE_SENT;
    return was_joined ? tell_reset(follow, head) : announce(follow, head);
}

/* ---- entries ---- */

/* When the entries were flushed, if they have just been published: so latency adds up. */
static int64_t flushed_us(const struct edge_follow *follow)
{
    const struct topic *topic = topics_find(follow->part.edge->server->hub, follow->part.match_id);

    return topic && topic->fresh > 0 ? topic->fresh_since_us : 0;
}

static enum wire_result send_entries(struct edge_follow *follow, int64_t first_seq, int64_t count)
{
    const struct buffer *lines = &follow->part.edge->server->lines;
    struct buffer *out = begin_notice(follow, follow->part.match_id, first_seq, count);
    int64_t at_us = flushed_us(follow);

    if (at_us > 0)
        link_add_number(out, at_us);
    buffer_add(out, lines->bytes, lines->length);
    out->is_broken = out->is_broken || lines->is_broken;
    return edge_send(follow->part.edge, out);
}

/* Frames of the hub: consecutive entries, or one message. */
static enum wire_result wire_send(void *wire, const uint8_t *bytes, size_t length)
{
    struct edge_follow *follow = wire;
    struct buffer *lines = &follow->part.edge->server->lines;
    struct span frames = {bytes, length}, text;
    int64_t first_seq = 0, count = 0;
    struct message message;

    buffer_clear(lines);
    while (frame_take(&frames, &text)) {
        message_read(&message, text);
        if (message_is(&message, "subscribed"))
            return joined(follow, &message);
        if (message_is(&message, "error"))
            return WIRE_BROKEN; /* the hub has let go of it already */
        if (message.seq == 0)
            return WIRE_SENT; /* `live`, which the edge hears once for all */
        if (count++ == 0)
            first_seq = message.seq;
        buffer_add(lines, "\n", 1);
        buffer_add(lines, text.bytes, text.length);
    }
    return count > 0 ? send_entries(follow, first_seq, count) : WIRE_SENT;
}

static const struct viewer_wire wire_ops = {
    .send = wire_send,
    .want_writable = edge_part_want_writable,
    .close = edge_part_close,
    .read = edge_part_read,
};

/* ---- from begin to end ---- */

static void tell_lost(struct edge *edge, int64_t match_id)
{
    struct buffer *out = edge_begin(edge);

    link_add_word(out, LINK_LOST);
    link_add_line(out, match_id);
    edge_send(edge, out);
}

static void follow_free(struct edge_follow *follow)
{
    map_remove(&follow->part.edge->follows, follow->part.match_id);
    edge_part_end(&follow->part);
    free(follow);
}

void edge_follow_over(struct edge_part *part)
{
    tell_lost(part->edge, part->match_id);
    follow_free((struct edge_follow *)part);
}

static struct edge_follow *follow_new(struct edge *edge, int64_t match_id, const char *epoch)
{
    struct edge_follow *follow = calloc(1, sizeof(*follow));

    if (!follow)
        return NULL;
    edge_part_init(&follow->part, edge, EDGE_FOLLOW, match_id, &wire_ops);
    memcpy(follow->epoch, epoch, strlen(epoch) + 1);
    if (map_put(&edge->follows, match_id, follow))
        return follow;
    edge_part_end(&follow->part);
    free(follow);
    return NULL;
}

/* A match that is followed already is followed anew, from that seq on. */
static void follow_begin(struct edge *edge, int64_t match_id, const char *epoch, int64_t seq)
{
    struct request request = {.type = REQUEST_SUBSCRIBE, .match_id = match_id};
    struct edge_follow *follow = map_get(&edge->follows, match_id);

    if (follow)
        follow_free(follow);
    follow = edge->follows.count < EDGE_FOLLOWS_MAX ? follow_new(edge, match_id, epoch) : NULL;
    if (!follow) {
        tell_lost(edge, match_id);
        return;
    }
    request.has_since = true;
    request.since_seq = seq;
    memcpy(request.since_epoch, epoch, strlen(epoch) + 1);
    join_subscribe(edge->server->hub, &follow->part.viewer, &request);
    if (follow->part.viewer.slot_count == 0) { /* refused: there is no such match, or no memory */
        follow->part.is_over = true;
        edge_wait(&follow->part);
    }
}

void edge_follow_hear(struct edge *edge, struct link_message *message)
{
    struct link_line line;

    while (link_next(message, &line))
        follow_begin(edge, line.numbers[0], message->epoch, line.numbers[1]);
}

void edge_unfollow_hear(struct edge *edge, struct link_message *message)
{
    struct edge_follow *follow;
    struct link_line line;

    while (link_next(message, &line))
        if ((follow = map_get(&edge->follows, line.numbers[0])))
            follow_free(follow);
}

void edge_follow_end_all(struct edge *edge)
{
    struct edge_follow *follow;
    size_t position = 0;

    while ((follow = map_next(&edge->follows, &position))) {
        edge_part_end(&follow->part);
        free(follow);
    }
    map_free(&edge->follows);
}
