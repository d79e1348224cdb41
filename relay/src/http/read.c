/* A read: its wire puts what comes into a document, and closes when that is whole. */
#include "http/read.h"

#include "hub/join.h"
#include "hub/topics.h"
#include "wire/message.h"
#include "wire/protocol.h"

static void read_refuse(struct read *read, unsigned status, const char *code, const char *message)
{
    buffer_clear(&read->document);
    read->etag[0] = '\0';
    protocol_error_document(&read->document, code, message);
    read->status = status;
}

static void read_refuse_unavailable(struct read *read)
{
    read_refuse(read, 503, "unavailable",
                "the database is away and this is not in memory: try again later");
}

/* When memory ran out for the document, the client is told the same as without a database. */
static void read_finish(struct read *read, unsigned status)
{
    read->status = status;
    if (read->document.is_broken)
        read_refuse_unavailable(read);
    viewer_close(&read->viewer, CLOSE_NORMAL);
}

static void read_finish_entries(struct read *read)
{
    protocol_end_entries(&read->document);
    read_finish(read, 200);
}

static void read_joined(struct read *read)
{
    const struct topic *topic = topics_find(read->hub, read->wish.match_id);
    const struct protocol_topic described = topic_describe(topic, read->hub->epoch);

    read->head = described.head;
    etag_write(read->etag, read->hub->epoch, read->head);
    if (!read->wish.wants_entries) {
        protocol_state_document(&read->document, &described);
        read_finish(read, 200);
        return;
    }
    read->entries = 0;
    buffer_clear(&read->document); /* it may join again, after another epoch */
    if (read->wish.is_page)
        protocol_begin_page(&read->document, &described);
    else
        protocol_begin_entries(&read->document, &described);
    if (read->head == 0 || (read->wish.has_since && read->wish.since_seq >= read->head))
        read_finish_entries(read);
}

static void read_entry(struct read *read, const struct message *message)
{
    if (read->entries++ > 0)
        buffer_add(&read->document, ",", 1);
    buffer_add(&read->document, message->text.bytes, message->text.length);
    if (read->entries == read->wish.limit || message->seq >= read->head ||
        read->document.length >= READ_BYTES_MAX)
        read_finish_entries(read);
}

static void read_message(struct read *read, const struct message *message)
{
    if (message->seq > 0)
        read_entry(read, message);
    else if (message_is(message, "subscribed"))
        read_joined(read);
    else if (message_is_error(message, "unknown_match"))
        read_refuse(read, 404, "unknown_match", "there is no match of that number");
    else if (message_is(message, "error"))
        read_refuse_unavailable(read);
    if (read->status != 0)
        viewer_close(&read->viewer, CLOSE_NORMAL);
}

static enum wire_result wire_send(void *wire, const uint8_t *bytes, size_t length)
{
    struct read *read = wire;
    struct span frames = {bytes, length}, text;
    struct message message;

    while (read->status == 0 && frame_take(&frames, &text)) {
        message_read(&message, text);
        read_message(read, &message);
    }
    return read->status == 0 ? WIRE_SENT : WIRE_BROKEN; /* nothing more is wanted */
}

static void wire_close(void *wire)
{
    struct read *read = wire;

    if (read->status == 0)
        read_refuse_unavailable(read); /* whatever the hub's reason was */
    if (read->on_ready)
        read->on_ready(read->context);
}

/* The document takes all, but the hub sends a viewer only so much at a time. */
static void wire_want_writable(void *wire)
{
    struct read *read = wire;

    if (read->on_ready)
        read->on_ready(read->context);
}

/* A document sends no messages that could be read. */
static void wire_read(void *wire, bool is_wanted)
{
    (void)wire;
    (void)is_wanted;
}

static const struct viewer_wire wire_ops = {
    .send = wire_send,
    .want_writable = wire_want_writable,
    .close = wire_close,
    .read = wire_read,
};

void read_begin(struct read *read, struct hub *hub, const struct read_wish *wish, uint8_t lane,
                void (*on_ready)(void *context), void *context)
{
    struct request request = {.type = REQUEST_SUBSCRIBE, .match_id = wish->match_id};

    *read = (struct read){.hub = hub, .wish = *wish, .context = context};
    viewer_init(&read->viewer, &wire_ops, read);
    read->viewer.is_document = true;
    read->viewer.lane = lane;
    request.has_since = wish->wants_entries && wish->has_since;
    request.since_seq = wish->since_seq;
    request.history = wish->wants_entries && !wish->has_since ? wish->limit : 0;
    join_subscribe(hub, &read->viewer, &request);
    read_go_on(read);
    read->on_ready = on_ready; /* not needed if it is done already */
}

bool read_go_on(struct read *read)
{
    while (read->status == 0 && viewer_is_choked(&read->viewer))
        hub_writable(read->hub, &read->viewer);
    return read->status != 0;
}

bool read_etag(const struct hub *hub, int64_t match_id, char etag[ETAG_BYTES])
{
    const struct topic *topic = topics_find(hub, match_id);

    if (!topic || !topic->is_loaded || !topics_has_fresh(hub, topic))
        return false;
    etag_write(etag, hub->epoch, topic_head(topic));
    return true;
}

void read_give_up(struct read *read)
{
    viewer_close(&read->viewer, CLOSE_TIMEOUT);
}

void read_end(struct read *read)
{
    viewer_leave_all(&read->viewer);
    buffer_free(&read->document);
}
