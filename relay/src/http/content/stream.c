/* A stream: takes frames from the hub, and writes them as events. */
#include "http/content/stream.h"

#include <assert.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/content/answer.h"
#include "hub/join.h"
#include "hub/topics.h"
#include "wire/message.h"
#include "wire/protocol.h"
#include "wire/request.h"

/* A client that is cut off comes back after a random time around this, so that not all come at
 * once. */
#define RETRY_MS 2000
/* The same for a client that was refused because its address has too many viewers. */
#define RETRY_LATER_MS 10000
#define RECOVERED "\"recovered\":true"

/* ---- its state ---- */

#define TO(state) (1u << (state))

/* It is refused or it is open: a status cannot follow another one. */
static const uint8_t legal[STREAM_STATES] = {
    [STREAM_JOINING] = TO(STREAM_OPEN) | TO(STREAM_REFUSED),
    [STREAM_OPEN] = TO(STREAM_ENDED),
    [STREAM_REFUSED] = 0,
    [STREAM_ENDED] = 0,
};

bool stream_may_change(enum stream_state from, enum stream_state to)
{
    return legal[from] & TO(to);
}

static void stream_change(struct stream *stream, enum stream_state state)
{
    assert(stream_may_change(stream->state, state));
    stream->state = state;
}

/* ---- messages ---- */

static int64_t spread(uint32_t about_ms)
{
    uint32_t random;

    evutil_secure_rng_get_bytes(&random, sizeof(random));
    return about_ms / 2 + random % about_ms;
}

static enum wire_result stream_write(struct stream *stream, const struct buffer *out)
{
    if (out->is_broken)
        return WIRE_BROKEN;
    if (out->length == 0)
        return WIRE_SENT;
    return stream->settings.ops->send(stream->settings.wire, out->bytes, out->length);
}

static void stream_open(struct stream *stream, struct buffer *out)
{
    const struct answer answer = {.status = 200,
                                  .type = ANSWER_EVENTS,
                                  .caching = "no-store",
                                  .origin = stream->origin,
                                  .is_endless = true};

    stream_change(stream, STREAM_OPEN);
    answer_write_header(out, &answer, clock_real_s());
    sse_add_retry(out, spread(RETRY_MS));
    buffer_add(out, stream->document.bytes, stream->document.length);
    out->is_broken = out->is_broken || stream->document.is_broken;
    buffer_free(&stream->document);
}

/*
 * The id of the `subscribed` event, at which a client resumes that is cut off before the first
 * entry: just before the history. SSE_NO_ID if the client resumes at the seq that it asked for.
 */
static int64_t stream_first_id(const struct stream *stream, const struct message *joined)
{
    int64_t match_id = message_number(joined, "\"match\":"); /* "lobby" is 0 */

    if (message_has(joined, RECOVERED))
        return SSE_NO_ID;
    return topic_history(topics_find(stream->settings.hub, match_id), stream->history) - 1;
}

static void add_id(struct stream *stream, const struct message *message, int64_t seq,
                   struct buffer *out)
{
    if (stream->places.all)
        places_add_id(&stream->places, stream->settings.hub->epoch,
                      message_number(message, "\"match\":"), seq, out);
    else if (seq != SSE_NO_ID)
        sse_add_id(out, stream->settings.hub->epoch, seq);
}

static void add_first_id(struct stream *stream, const struct message *message, struct buffer *out)
{
    add_id(stream, message, stream_first_id(stream, message), out);
}

static void stream_join(struct stream *stream, const struct message *message, struct buffer *out)
{
    if (stream->state == STREAM_JOINING)
        stream_open(stream, out);
    add_first_id(stream, message, out);
    sse_add_event(out, message);
}

static void stream_refuse(struct stream *stream)
{
    stream_change(stream, STREAM_REFUSED);
    buffer_clear(&stream->document);
    protocol_error_document(&stream->document, "unknown_match", "there is no match of that number");
}

/*
 * Ends an open stream; the client connects again and gets the error as a status. If the stream has
 * waited for the match, a new stream would wait again, so this stream sends the error first.
 */
static void stream_error(struct stream *stream, const struct message *message)
{
    struct buffer *out = stream->settings.scratch;
    bool is_unknown = message_is_error(message, "unknown_match");

    if (is_unknown && stream->state == STREAM_JOINING) {
        stream_refuse(stream);
    } else if (is_unknown && stream->has_waited) {
        buffer_clear(out);
        sse_add_event(out, message);
        if (stream_write(stream, out) == WIRE_BROKEN)
            log_debug("a viewer is gone");
    }
    viewer_close(&stream->viewer, CLOSE_TRY_AGAIN);
}

/* Removes a match that does not exist from a stream of several. False: none would be left. */
static bool lose_match(struct stream *stream, const struct message *message)
{
    return message_is_error(message, "unknown_match") &&
           places_lose(&stream->places, message_number(message, "\"match\":"));
}

static void stream_message(struct stream *stream, const struct message *message, struct buffer *out)
{
    if (message_is(message, "subscribed")) {
        stream_join(stream, message, out);
        return;
    }
    if (message_is(message, "error") && !lose_match(stream, message)) {
        stream_error(stream, message);
        return;
    }
    if (message->seq > 0)
        add_id(stream, message, message->seq, out);
    else if (message_is(message, "bye"))
        sse_add_retry(out, message_number(message, "\"retry_after_ms\":"));
    sse_add_event(out, message);
}

/* ---- the wire of its viewer ---- */

/* Messages before the join are kept, because the answer may still become an error. */
static enum wire_result wire_send(void *wire, const uint8_t *bytes, size_t length)
{
    struct stream *stream = wire;
    struct buffer *out = stream->settings.scratch;
    struct span frames = {bytes, length}, text;
    struct message message;

    buffer_clear(out);
    while (!viewer_is_closing(&stream->viewer) && frames.length > 0) {
        bool is_ping = frame_opcode(frames) == FRAME_PING;

        if (!frame_take(&frames, &text))
            break;
        message_read(&message, text);
        if (is_ping)
            sse_add_heartbeat(out);
        else
            stream_message(stream, &message,
                           stream->state == STREAM_JOINING && !message_is(&message, "subscribed")
                               ? &stream->document
                               : out);
    }
    return !viewer_is_closing(&stream->viewer) ? stream_write(stream, out) : WIRE_BROKEN;
}

/* Sends a large `subscribed`, whose text is a reference to the body. */
static enum wire_result wire_send_body(void *wire, struct body *body, size_t from, size_t length)
{
    struct stream *stream = wire;
    const struct viewer_wire *ops = stream->settings.ops;
    struct buffer *out = stream->settings.scratch;
    struct span frames = {body->bytes + from, length}, text;
    struct message message;
    enum wire_result result;

    if (!ops->send_body || !frame_take(&frames, &text))
        return wire_send(wire, body->bytes + from, length);
    message_read(&message, text);
    buffer_clear(out);
    if (stream->state == STREAM_JOINING)
        stream_open(stream, out);
    add_first_id(stream, &message, out);
    sse_begin_event(out, &message);
    result = stream_write(stream, out);
    if (result != WIRE_BROKEN)
        result = ops->send_body(stream->settings.wire, body, (size_t)(text.bytes - body->bytes),
                                text.length);
    if (result == WIRE_BROKEN)
        return WIRE_BROKEN;
    return ops->send(stream->settings.wire, (const uint8_t *)SSE_EVENT_END,
                     sizeof(SSE_EVENT_END) - 1);
}

static void wire_want_writable(void *wire)
{
    struct stream *stream = wire;

    stream->settings.ops->want_writable(stream->settings.wire);
}

/* Writes the last event, after the header if the stream was not open. */
static void stream_close(struct stream *stream, enum close_code code)
{
    struct buffer *out = stream->settings.scratch;

    buffer_clear(out);
    if (stream->state == STREAM_JOINING)
        stream_open(stream, out);
    stream_change(stream, STREAM_ENDED);
    if (code == CLOSE_TOO_MANY)
        sse_add_retry(out, spread(RETRY_LATER_MS));
    sse_add_close(out, protocol_close_number(code), protocol_close_reason(code));
    if (code != CLOSE_LOST && stream_write(stream, out) == WIRE_BROKEN)
        stream->viewer.close_code = CLOSE_LOST;
}

static void wire_close(void *wire)
{
    struct stream *stream = wire;

    if (stream->state != STREAM_REFUSED)
        stream_close(stream, (enum close_code)stream->viewer.close_code);
    stream->settings.ops->close(stream->settings.wire);
}

/* A stream receives no messages that could be read. */
static void wire_read(void *wire, bool is_wanted)
{
    (void)wire;
    (void)is_wanted;
}

static const struct viewer_wire wire_ops = {
    .send = wire_send,
    .send_body = wire_send_body,
    .want_writable = wire_want_writable,
    .close = wire_close,
    .read = wire_read,
};

/* ---- from outside ---- */

static void subscribe(struct stream *stream, const struct route *route,
                      const struct route_place *place)
{
    struct request request;

    request.type = REQUEST_SUBSCRIBE;
    request.match_id = place->match_id;
    request.has_since = place->has_since;
    request.since_seq = place->since_seq;
    request.history = route->history;
    request.match_text[0] = '\0';
    memcpy(request.since_epoch, route->since_epoch, sizeof(request.since_epoch));
    join_subscribe(stream->settings.hub, &stream->viewer, &request);
}

static void subscribe_all(struct stream *stream, const struct route *route)
{
    const struct route_place only = {route->match_id, route->has_since, route->since_seq};

    if (route->place_count == 0)
        subscribe(stream, route, &only);
    for (int i = 0; i < route->place_count && !viewer_is_closing(&stream->viewer); i++)
        subscribe(stream, route, &route->places[i]);
}

void stream_begin(struct stream *stream, const struct stream_settings *settings,
                  const struct route *route, const struct stream_client *client)
{
    enum close_code reason = client->reason;

    *stream = (struct stream){.settings = *settings, .history = route->history};
    if (!places_make(&stream->places, route, settings->hub->epoch))
        reason = CLOSE_TRY_AGAIN;
    /* If memory runs out here, the web page that asked may not read the answer. */
    stream->origin = client->origin ? strdup(client->origin) : NULL;
    viewer_init(&stream->viewer, &wire_ops, stream);
    stream->viewer.lane = client->lane;
    gate_admit(&settings->hub->gate, &stream->viewer, client->grant);
    hub_add_viewer(settings->hub, &stream->viewer);
    if (reason != CLOSE_NONE)
        viewer_close(&stream->viewer, reason);
    if (!viewer_is_closing(&stream->viewer))
        subscribe_all(stream, route);
}

void stream_go_on(struct stream *stream)
{
    if (!viewer_is_closing(&stream->viewer))
        hub_writable(stream->settings.hub, &stream->viewer);
}

/* A choked client needs no heartbeat: other bytes are on their way to it. */
void stream_beat(struct stream *stream)
{
    static const uint8_t ping[] = {0x80 | FRAME_PING, 0};

    if (stream->state == STREAM_OPEN && !viewer_is_choked(&stream->viewer) &&
        !viewer_send(&stream->viewer, ping, sizeof(ping)))
        log_debug("a viewer is gone");
}

bool stream_waits(struct stream *stream)
{
    struct buffer *out = stream->settings.scratch;

    if (stream->state != STREAM_JOINING || viewer_is_closing(&stream->viewer) ||
        !join_waits_for_source(&stream->viewer))
        return false;
    stream->has_waited = true;
    buffer_clear(out);
    stream_open(stream, out);
    if (stream_write(stream, out) == WIRE_BROKEN)
        viewer_close(&stream->viewer, CLOSE_LOST);
    return true;
}

void stream_give_up(struct stream *stream)
{
    viewer_close(&stream->viewer, CLOSE_TRY_AGAIN);
}

void stream_end(struct stream *stream)
{
    if (!stream->settings.hub)
        return;
    hub_remove_viewer(stream->settings.hub, &stream->viewer);
    free(stream->origin);
    places_free(&stream->places);
    buffer_free(&stream->document);
}
