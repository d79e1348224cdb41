/* A read: its wire writes the messages into a document, and closes when the document is whole. */
#include "http/content/read.h"

#include <stdio.h>
#include <string.h>

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

/* If memory ran out for the document, the client gets the same error as without a database. */
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

/* Does the client want the newest lines before a place, because it has all from there on? */
static bool read_is_back(const struct read *read)
{
    return read->wish.before_seq > 0 && !read->wish.has_since;
}

static void read_begin_back(struct read *read)
{
    back_begin(&read->back, read->wish.before_seq, read->wish.limit, READ_BYTES_MAX);
}

static void read_finish_back(struct read *read)
{
    back_write(&read->back, &read->document);
    read_finish_entries(read);
}

/*
 * A piece beyond the head does not exist. Then the hub sends the newest lines, as many as are
 * wanted (read_join()), and no further piece is needed: `from` becomes 1.
 */
static void read_joined_back(struct read *read, const char *epoch)
{
    struct back *back = &read->back;

    if (!read->is_joining || strcmp(read->back_epoch, epoch) != 0) {
        snprintf(read->back_epoch, sizeof(read->back_epoch), "%s", epoch);
        if (!read->is_joining || back->later.head > 0) {
            read_begin_back(read);
            read->must_join = true;
            return;
        }
    }
    read->is_joining = false;
    if (back->from > read->head + 1)
        back->from = 1;
    if (back->to > read->head)
        back->to = read->head;
    if (back->to < back->from)
        read_finish_back(read);
}

/*
 * Does the document begin at the place of the client? With an epoch, only if the client has all
 * before it; a client that names no epoch has to be sure of that itself.
 */
static bool read_goes_on(const struct read *read, bool is_recovered)
{
    return read->wish.has_since && (!*read->wish.since_epoch || is_recovered);
}

static void read_begin_document(struct read *read, const struct protocol_topic *topic,
                                bool is_recovered)
{
    buffer_clear(&read->document); /* a new epoch makes it join again */
    if (read->wish.is_page)
        protocol_begin_page(&read->document, topic);
    else if (*read->wish.since_epoch)
        protocol_begin_entries_after(&read->document, topic, is_recovered);
    else
        protocol_begin_entries(&read->document, topic);
}

static void read_joined(struct read *read, bool is_recovered)
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
    read->entries = read->lines = 0;
    read->last = read->head;
    if (read->wish.before_seq > 0 && read->wish.before_seq - 1 < read->last)
        read->last = read->wish.before_seq - 1;
    read_begin_document(read, &described, is_recovered);
    if (read_is_back(read))
        read_joined_back(read, described.epoch);
    else if (read->last == 0 ||
             (read_goes_on(read, is_recovered) && read->wish.since_seq >= read->last))
        read_finish_entries(read);
}

static void read_entry_back(struct read *read, const struct message *message)
{
    struct back *back = &read->back;
    int64_t from = back->from;
    bool is_done = false;

    if (message->seq <= back->to && !back_add(back, message->text, message->seq)) {
        read->document.is_broken = true;
        read_finish_back(read);
    } else if (back->from != from) {
        read->must_join = true;
    } else if (message->seq >= back->to) {
        if (!back_end_piece(back, &is_done))
            read->document.is_broken = is_done = true;
        if (is_done)
            read_finish_back(read);
        read->must_join = !is_done;
    }
}

/* A document has all entries up to the line that would be one too many. */
static void read_entry(struct read *read, const struct message *message)
{
    bool is_line = message_is_line(message->text);

    if (message->seq > read->last || (is_line && read->lines == read->wish.limit)) {
        read_finish_entries(read);
        return;
    }
    read->lines += is_line;
    if (read->entries++ > 0)
        buffer_add(&read->document, ",", 1);
    buffer_add(&read->document, message->text.bytes, message->text.length);
    if (message->seq == read->last || read->document.length >= READ_BYTES_MAX)
        read_finish_entries(read);
}

static void read_message(struct read *read, const struct message *message)
{
    if (message->seq > 0 && read_is_back(read))
        read_entry_back(read, message);
    else if (message->seq > 0)
        read_entry(read, message);
    else if (message_is(message, "subscribed"))
        read_joined(read, message_has(message, "\"recovered\":true"));
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

    while (read->status == 0 && !read->must_join && frame_take(&frames, &text)) {
        message_read(&message, text);
        read_message(read, &message);
    }
    return read->status == 0 && !read->must_join ? WIRE_SENT
                                                 : WIRE_BROKEN; /* nothing more is wanted */
}

static void wire_close(void *wire)
{
    struct read *read = wire;

    if (read->status == 0 && !read->must_join)
        read_refuse_unavailable(read); /* the same for every reason of the hub */
    if (read->on_ready)
        read->on_ready(read->context);
}

/* The document takes everything, but the hub sends a viewer only a limited amount at a time. */
static void wire_want_writable(void *wire)
{
    struct read *read = wire;

    if (read->on_ready)
        read->on_ready(read->context);
}

/* A read has no client that sends messages. */
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

/* ---- a list ---- */

static void write_list(struct read *read, const struct listing *listing)
{
    const uint8_t *state = listing->states.bytes;

    protocol_begin_list(&read->document);
    for (int i = 0; i < listing->count; i++) {
        if (i > 0)
            buffer_add(&read->document, ",", 1);
        buffer_add(&read->document, state, listing->rows[i].length);
        state += listing->rows[i].length;
    }
    protocol_end_list(&read->document, listing->next);
    etag_write_content(read->etag, read->document.bytes, read->document.length);
}

/* The hub calls it. */
static void on_listed(void *context, const struct listing *listing)
{
    struct read *read = context;

    if (listing->outcome == LISTING_UNKNOWN) {
        read_refuse(read, 501, "unsupported",
                    "this relay can tell of the scoreboard only, which is /matches without "
                    "parameters");
        read_finish(read, 501);
    } else if (listing->outcome == LISTING_BROKEN) {
        read_refuse_unavailable(read);
        read_finish(read, 503);
    } else {
        write_list(read, listing);
        read_finish(read, 200);
    }
}

static void read_ask_for_list(struct read *read)
{
    viewer_init(&read->viewer, &wire_ops, read);
    read->listing = (struct listing_client){.on_done = on_listed, .context = read};
    listing_ask(&read->hub->listings, &read->listing, &read->wish.listing, read->lane);
}

/* Joins the topic at the place where the document, or its next piece, begins. */
static void read_join(struct read *read)
{
    const struct read_wish *wish = &read->wish;
    struct request request = {.type = REQUEST_SUBSCRIBE, .match_id = wish->match_id};

    viewer_init(&read->viewer, &wire_ops, read);
    read->viewer.is_document = true;
    read->viewer.lane = read->lane;
    read->must_join = false;
    read->is_joining = true;
    request.has_since = wish->wants_entries && (wish->has_since || read_is_back(read));
    request.since_seq = read_is_back(read) ? read->back.from - 1 : wish->since_seq;
    if (!read_is_back(read))
        memcpy(request.since_epoch, wish->since_epoch, sizeof(request.since_epoch));
    request.history =
        wish->wants_entries && (!wish->has_since || *wish->since_epoch) ? wish->limit : 0;
    join_subscribe(read->hub, &read->viewer, &request);
}

void read_begin(struct read *read, struct hub *hub, const struct read_wish *wish, uint8_t lane,
                void (*on_ready)(void *context), void *context)
{
    *read = (struct read){.hub = hub, .wish = *wish, .lane = lane, .context = context};
    if (read_is_back(read))
        read_begin_back(read);
    if (wish->is_list)
        read_ask_for_list(read);
    else
        read_join(read);
    read_go_on(read);
    read->on_ready = on_ready; /* only now: the caller looks at the status itself */
}

bool read_go_on(struct read *read)
{
    while (read->status == 0 && (read->must_join || viewer_is_choked(&read->viewer))) {
        if (read->must_join)
            read_join(read);
        else
            hub_writable(read->hub, &read->viewer);
    }
    return read->status != 0;
}

bool read_is_same(const struct read_wish *one, const struct read_wish *other)
{
    return one->match_id == other->match_id && one->wants_entries == other->wants_entries &&
           one->has_since == other->has_since && one->since_seq == other->since_seq &&
           strcmp(one->since_epoch, other->since_epoch) == 0 &&
           one->before_seq == other->before_seq && one->limit == other->limit &&
           one->is_page == other->is_page && one->is_list == other->is_list &&
           listing_is_same(&one->listing, &other->listing);
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
    listing_leave(&read->hub->listings, &read->listing);
    if (read->status == 0 && viewer_is_closing(&read->viewer))
        read_refuse_unavailable(read); /* between two pieces */
    viewer_close(&read->viewer, CLOSE_TIMEOUT);
}

size_t read_memory(const struct read *read)
{
    return read->document.capacity + back_memory(&read->back);
}

void read_end(struct read *read)
{
    viewer_unfollow_all(&read->viewer);
    listing_leave(&read->hub->listings, &read->listing);
    buffer_free(&read->document);
    back_free(&read->back);
}
