/*
 * The questions of an edge. For the hub each question is one or more documents: the hub answers
 * from memory, and reads what is not in memory once for all clients that ask.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "hub/hub.h"
#include "hub/join.h"
#include "hub/topics.h"
#include "wire/message.h"
#include "ws/edge_state.h"
#include "ws/state.h"

struct edge_read {
    struct edge_part part; /* first */
    LIST_ENTRY(edge_read) link;
    int64_t since_seq; /* entries after this … */
    int64_t rows;      /* … so many at most; 0: head and state are wanted */
    int64_t entries;   /* so many have been sent */
    int64_t head;      /* the last that may be */
    bool is_done;      /* all that was wanted has been sent */
};

/* ---- pieces of an answer ---- */

struct buffer *edge_question_begin(struct edge *edge, enum link_kind kind)
{
    struct buffer *out = edge_begin(edge);

    link_add_word(out, kind);
    link_add_number(out, edge->question.number);
    return out;
}

static enum wire_result send_state(struct edge_read *read, const struct protocol_topic *topic)
{
    struct edge *edge = read->part.edge;
    struct buffer *state = &edge->server->lines, *out;
    enum wire_result result = WIRE_SENT;
    size_t at = 0;
    bool is_null;

    buffer_clear(state);
    topic->add_state(state, topic->topic);
    is_null = state->length < 2 || *state->bytes == 'n';
    do {
        size_t left = is_null ? 0 : state->length - at;
        size_t piece = left < LINK_PIECE_BYTES ? left : LINK_PIECE_BYTES;

        out = edge_question_begin(edge, LINK_STATE);
        link_add_number(out, read->head);
        link_add_number(out, is_null ? 0 : (int64_t)state->length);
        buffer_add(out, "\n", 1);
        buffer_add(out, state->bytes + at, piece);
        out->is_broken = out->is_broken || state->is_broken;
        result = edge_send(edge, out);
        at += piece;
    } while (result != WIRE_BROKEN && !is_null && at < state->length);
    return result;
}

/* The seqs of older lines, by which the edge knows where a history begins: see topic/lines.h. */
static enum wire_result send_lines(struct edge *edge, const struct topic *topic)
{
    int64_t before = edge->question.head - edge->question.rows + 1;
    struct buffer *out = edge_question_begin(edge, LINK_LINES);

    for (size_t i = 0; i < topic->lines.count && topic->lines.seqs[i] < before; i++)
        link_add_line(out, topic->lines.seqs[i]);
    return edge_send(edge, out);
}

/* Where its viewers that were in an earlier epoch may go on. */
static enum wire_result send_branches(struct edge *edge, const struct lineage *lineage)
{
    struct buffer *out = edge_question_begin(edge, LINK_BRANCHES);

    for (size_t i = 0; i < lineage->count; i++)
        link_add_branch(out, lineage->branches[i].seq, lineage->branches[i].epoch);
    return edge_send(edge, out);
}

/* State, lines, branches and head belong together; the entries up to that head are read after them.
 */
static enum wire_result load_joined(struct edge_read *read, const struct topic *topic)
{
    struct edge_question *question = &read->part.edge->question;
    const char *epoch = read->part.edge->server->hub->epoch;
    const struct protocol_topic described = topic_describe(topic, epoch);

    if (question->has_state) {
        if (strcmp(question->epoch, epoch) != 0 || read->head < question->head)
            question->outcome = LINK_BROKEN;
        read->head = question->head;
        return WIRE_SENT;
    }
    question->has_state = true;
    question->head = read->head;
    memcpy(question->epoch, epoch, strlen(epoch) + 1);
    if (send_state(read, &described) == WIRE_BROKEN ||
        send_branches(read->part.edge, &topic->lineage) == WIRE_BROKEN)
        return WIRE_BROKEN;
    return send_lines(read->part.edge, topic);
}

static enum wire_result joined(struct edge_read *read)
{
    struct edge *edge = read->part.edge;
    const struct topic *topic = topics_find(edge->server->hub, read->part.match_id);
    enum wire_result result = WIRE_SENT;

    read->head = topic_head(topic);
    if (edge->question.kind == LINK_HEADS)
        link_add_pair(&edge->question.heads, read->part.match_id, read->head);
    else if (edge->question.kind == LINK_LOAD)
        result = load_joined(read, topic);
    read->is_done =
        read->rows == 0 || read->since_seq >= read->head || edge->question.outcome == LINK_BROKEN;
    return result;
}

static void add_entry(struct edge_read *read, struct buffer *out, const struct message *message)
{
    link_add_row(out, message->seq, message->text);
    read->entries++;
    read->is_done = read->entries >= read->rows || message->seq >= read->head;
}

static enum wire_result send_entries(struct edge_read *read, struct span frames)
{
    struct buffer *out = edge_question_begin(read->part.edge, LINK_ROWS);
    struct message message;
    struct span text;

    while (!read->is_done && frame_take(&frames, &text)) {
        message_read(&message, text);
        add_entry(read, out, &message);
    }
    return edge_send(read->part.edge, out);
}

/* A match that does not exist is left out of heads, and is the whole answer to a load. */
static enum wire_result refused(struct edge_read *read, const struct message *error)
{
    struct edge_question *question = &read->part.edge->question;
    bool is_absent = message_is_error(error, "unknown_match");

    read->is_done = is_absent && question->kind == LINK_HEADS;
    if (!read->is_done)
        question->outcome = is_absent ? LINK_ABSENT : LINK_BROKEN;
    return WIRE_BROKEN;
}

/* Nothing more is wanted: BROKEN makes the hub let go of it. */
static enum wire_result wire_send(void *wire, const uint8_t *bytes, size_t length)
{
    struct edge_read *read = wire;
    struct span frames = {bytes, length}, ahead = frames, text;
    enum wire_result result;
    struct message message;

    if (read->is_done || !frame_take(&ahead, &text))
        return WIRE_BROKEN;
    message_read(&message, text);
    if (message_is(&message, "error"))
        return refused(read, &message);
    result = message_is(&message, "subscribed") ? joined(read) : send_entries(read, frames);
    return read->is_done ? WIRE_BROKEN : result;
}

static const struct viewer_wire wire_ops = {
    .send = wire_send,
    .want_writable = edge_part_want_writable,
    .close = edge_part_close,
    .read = edge_part_read,
};

/* ---- the question ---- */

static void send_heads(struct edge *edge)
{
    struct buffer *heads = &edge->question.heads, *out = edge_question_begin(edge, LINK_EPOCH);

    link_add_epoch(out, edge->server->hub->epoch);
    buffer_add(out, heads->bytes, heads->length);
    out->is_broken = out->is_broken || heads->is_broken;
    edge_send(edge, out);
    buffer_free(heads);
    if (!edge->server->hub->lobby_topic->is_loaded)
        return;
    out = edge_question_begin(edge, LINK_FIRST);
    link_add_number(out, edge->server->hub->lobby_topic->floor);
    edge_send(edge, out);
}

void edge_question_finish(struct edge *edge)
{
    struct edge_question *question = &edge->question;
    struct buffer *out;

    if (question->kind == LINK_HEADS && question->outcome == LINK_WHOLE)
        send_heads(edge);
    out = edge_question_begin(edge, LINK_DONE);
    link_add_outcome(out, question->outcome);
    edge_send(edge, out);
    question->is_open = false;
}

static void free_read(struct edge_read *read)
{
    LIST_REMOVE(read, link);
    edge_part_end(&read->part);
    free(read);
}

static bool begin_read(struct edge *edge, int64_t match_id, int64_t since_seq, int64_t rows)
{
    struct edge_read *read = calloc(1, sizeof(*read));
    struct request request = {.type = REQUEST_SUBSCRIBE, .match_id = match_id};

    if (!read)
        return false;
    edge_part_init(&read->part, edge, EDGE_READ, match_id, &wire_ops);
    read->part.viewer.is_document = true;
    read->since_seq = since_seq;
    read->rows = rows;
    LIST_INSERT_HEAD(&edge->question.reads, read, link);
    request.has_since = rows > 0;
    request.since_seq = since_seq;
    join_subscribe(edge->server->hub, &read->part.viewer, &request);
    if (read->part.viewer.slot_count == 0) {
        read->part.is_over = true;
        edge_wait(&read->part);
    }
    return true;
}

/* False: the load needs no entries, or has them, or they cannot be read. */
static bool begin_rows(struct edge *edge, int64_t match_id)
{
    struct edge_question *question = &edge->question;
    int64_t since_seq = question->head > question->rows ? question->head - question->rows : 0;
    bool is_begun;

    if (question->kind != LINK_LOAD || question->outcome != LINK_WHOLE || question->head == 0)
        return false;
    is_begun = begin_read(edge, match_id, since_seq, question->rows);
    if (!is_begun)
        question->outcome = LINK_BROKEN;
    return is_begun;
}

/* A read that ends before it is done, without a reason that was told, was cut off. */
void edge_read_over(struct edge_part *part)
{
    struct edge_read *read = (struct edge_read *)part;
    struct edge *edge = part->edge;
    int64_t match_id = part->match_id;
    bool had_rows = read->rows > 0;

    if (!read->is_done && edge->question.outcome == LINK_WHOLE)
        edge->question.outcome = LINK_BROKEN;
    free_read(read);
    if (!had_rows && begin_rows(edge, match_id))
        return;
    if (LIST_EMPTY(&edge->question.reads))
        edge_question_finish(edge);
}

/* What is in memory, and known to be all that there is, needs no document. */
static bool heads_from_memory(struct edge *edge, int64_t match_id)
{
    const struct hub *hub = edge->server->hub;
    const struct topic *topic = topics_find(hub, match_id);

    if (topic ? !topic->is_loaded || !topics_has_fresh(hub, topic)
              : !absent_has(&hub->absent, match_id, clock_ms()))
        return false;
    if (topic)
        link_add_pair(&edge->question.heads, match_id, topic_head(topic));
    return true;
}

static bool begin_heads(struct edge *edge, struct link_message *message)
{
    struct link_line line;
    bool is_begun = true;

    for (int count = 0; is_begun && link_next(message, &line); count++) {
        if (count == LINK_MATCHES_MAX)
            return false;
        is_begun =
            heads_from_memory(edge, line.numbers[0]) || begin_read(edge, line.numbers[0], 0, 0);
    }
    return is_begun;
}

bool edge_question_hear(struct edge *edge, struct link_message *message)
{
    const int64_t *numbers = message->numbers;
    bool is_load = message->kind == LINK_LOAD, is_begun;
    int64_t rows = is_load ? numbers[2] : numbers[3];

    if (edge->question.is_open && edge->question.kind != LINK_LIST)
        return false;
    listing_leave(&edge->server->hub->listings, &edge->question.list);
    if (message->kind == LINK_LIST)
        return edge_list_hear(edge, message);
    if (message->kind != LINK_HEADS && (rows < 1 || rows > LINK_ROWS_MAX))
        return false;
    edge->question = (struct edge_question){.number = numbers[0],
                                            .kind = message->kind,
                                            .is_open = true,
                                            .outcome = LINK_WHOLE,
                                            .rows = rows};
    if (message->kind == LINK_HEADS)
        is_begun = begin_heads(edge, message);
    else if (is_load)
        is_begun = begin_read(edge, numbers[1], 0, 0);
    else
        is_begun = begin_read(edge, numbers[1], numbers[2], rows);
    if (is_begun && LIST_EMPTY(&edge->question.reads))
        edge_question_finish(edge);
    return is_begun;
}

void edge_read_end_all(struct edge *edge)
{
    struct edge_read *read;

    while ((read = LIST_FIRST(&edge->question.reads)))
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow queue.h */
        free_read(read);
    listing_leave(&edge->server->hub->listings, &edge->question.list);
    buffer_free(&edge->question.heads);
}
