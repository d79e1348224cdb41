/* A stream: frames in, events out. */
#include "http/stream.h"

#include <event2/util.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/answer.h"
#include "hub/join.h"
#include "wire/message.h"
#include "wire/protocol.h"
#include "wire/sse.h"

/* A client that is cut off comes back after about so long, so that not all come at once. */
#define RETRY_MS 2000
/* When there were too many viewers, the client comes back later. */
#define RETRY_LATER_MS 10000
#define RECOVERED "\"recovered\":true"

static int64_t spread(uint32_t about_ms)
{
    uint32_t random;

    evutil_secure_rng_get_bytes(&random, sizeof(random));
    return about_ms / 2 + random % about_ms;
}

/* ---- messages ---- */

static void stream_open(struct stream *stream, struct buffer *out)
{
    const struct answer answer = {.status = 200,
                                  .type = ANSWER_EVENTS,
                                  .caching = "no-store",
                                  .origin = stream->origin,
                                  .is_endless = true};

    stream->state = STREAM_OPEN;
    answer_write_header(out, &answer, clock_real_s());
    sse_add_retry(out, spread(RETRY_MS));
    buffer_add(out, stream->document.bytes, stream->document.length);
    out->is_broken = out->is_broken || stream->document.is_broken;
    buffer_free(&stream->document);
}

/*
 * A client that is cut off before the first entry resumes before that entry: at the seq that
 * it asked for, if that was honoured, else before the history.
 */
static int64_t stream_first_id(const struct stream *stream, const struct message *joined)
{
    int64_t head = message_number(joined, "\"head\":"), history = stream->history;

    if (message_has(joined, RECOVERED))
        return SSE_NO_ID;
    return head > history ? head - history : 0;
}

static void stream_join(struct stream *stream, const struct message *message, struct buffer *out)
{
    if (stream->state == STREAM_JOINING)
        stream_open(stream, out);
    sse_add_event(out, message, stream->settings.hub->epoch, stream_first_id(stream, message));
}

static void stream_refuse(struct stream *stream)
{
    stream->state = STREAM_REFUSED;
    buffer_clear(&stream->document);
    protocol_error_document(&stream->document, "unknown_match", "there is no match of that number");
}

/* An open stream ends; when the client connects again, it gets the error as a status. */
static void stream_error(struct stream *stream, const struct message *message)
{
    if (stream->state == STREAM_JOINING && message_is_error(message, "unknown_match"))
        stream_refuse(stream);
    viewer_close(&stream->viewer, CLOSE_TRY_AGAIN);
}

static void stream_message(struct stream *stream, const struct message *message, struct buffer *out)
{
    const char *epoch = stream->settings.hub->epoch;

    if (message_is(message, "subscribed")) {
        stream_join(stream, message, out);
    } else if (message_is(message, "error")) {
        stream_error(stream, message);
    } else if (message->seq > 0) {
        sse_add_event(out, message, epoch, message->seq);
    } else {
        if (message_is(message, "bye"))
            sse_add_retry(out, message_number(message, "\"retry_after_ms\":"));
        sse_add_event(out, message, epoch, SSE_NO_ID);
    }
}

/* ---- the wire of its viewer ---- */

static enum wire_result stream_write(struct stream *stream, const struct buffer *out)
{
    if (out->is_broken)
        return WIRE_BROKEN;
    if (out->length == 0)
        return WIRE_SENT;
    return stream->settings.ops->send(stream->settings.wire, out->bytes, out->length);
}

/* Messages from before the join wait, because the status may still become an error. */
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

/* A large `subscribed`: its text is sent as a reference to the body. */
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
    sse_begin_event(out, &message, stream->settings.hub->epoch, stream_first_id(stream, &message));
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

/* The last write: it may be the first as well. */
static void stream_close(struct stream *stream, enum close_code code)
{
    struct buffer *out = stream->settings.scratch;

    buffer_clear(out);
    if (stream->state == STREAM_JOINING)
        stream_open(stream, out);
    stream->state = STREAM_ENDED;
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

void stream_begin(struct stream *stream, const struct stream_settings *settings,
                  const struct request *request, const struct stream_client *client)
{
    *stream = (struct stream){.settings = *settings, .history = request->history};
    /* Without memory for it, the page that asked may not read the answer. */
    stream->origin = client->origin ? strdup(client->origin) : NULL;
    viewer_init(&stream->viewer, &wire_ops, stream);
    stream->viewer.lane = client->lane;
    gate_admit(&settings->hub->gate, &stream->viewer, client->grant);
    hub_add_viewer(settings->hub, &stream->viewer);
    if (client->reason != CLOSE_NONE)
        viewer_close(&stream->viewer, client->reason);
    if (!viewer_is_closing(&stream->viewer))
        join_subscribe(settings->hub, &stream->viewer, request);
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

    if (!viewer_is_choked(&stream->viewer) && !viewer_send(&stream->viewer, ping, sizeof(ping)))
        log_debug("a viewer is gone");
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
    buffer_free(&stream->document);
}
