/* Reading frames. */
#include "ws/frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

#define CONTROL_BYTES_MAX 125
#define MASK_BYTES 4
#define FIN 0x80
#define RESERVED 0x70
#define MASKED 0x80

/* Close codes: RFC 6455 section 7.4.1. */
#define PROTOCOL_ERROR 1002
#define BAD_TEXT 1007
#define TOO_LARGE 1009
#define INTERNAL_ERROR 1011

struct frames_pieces {
    struct buffer message;
    uint8_t control[CONTROL_BYTES_MAX];
    bool is_done; /* the message has been told */
};

static enum frames_result refuse(struct frames *frames, struct frames_event *event, uint16_t code,
                                 const char *reason)
{
    frames->is_closed = true;
    *event = (struct frames_event){.code = code, .reason = reason};
    return FRAMES_VIOLATION;
}

/* ---- header ---- */

static enum frame_opcode opcode_of(const struct frames *frames)
{
    return (enum frame_opcode)(frames->header[0] & 0x0f);
}

static bool is_control(const struct frames *frames)
{
    return frames->header[0] & 0x08;
}

static bool is_final(const struct frames *frames)
{
    return frames->header[0] & FIN;
}

/* The length of the header, as far as its first bytes tell. */
static size_t header_length(const struct frames *frames)
{
    uint8_t code = frames->header_length < 2 ? 0 : frames->header[1] & ~MASKED;

    if (frames->header_length < 2)
        return 2;
    return (code < 126 ? 2 : code == 126 ? 4 : FRAME_HEADER_MAX) + MASK_BYTES;
}

static uint64_t payload_length(const struct frames *frames)
{
    uint8_t code = frames->header[1] & ~MASKED;
    uint64_t length = 0;

    if (code < 126)
        return code;
    for (size_t i = 2; i < (code == 126 ? 4 : FRAME_HEADER_MAX); i++)
        length = length << 8 | frames->header[i];
    return length;
}

/* What is wrong with the first byte of a frame; NULL: nothing. */
static const char *judge_first_byte(const struct frames *frames)
{
    switch (opcode_of(frames)) {
    case FRAME_CONTINUATION:
        if (!frames->message)
            return "a continuation of nothing";
        break;
    case FRAME_TEXT:
    case FRAME_BINARY:
        if (frames->message)
            return "a message within a message";
        break;
    case FRAME_CLOSE:
    case FRAME_PING:
    case FRAME_PONG:
        if (!is_final(frames))
            return "a control frame in fragments";
        break;
    default:
        return "a reserved opcode";
    }
    return frames->header[0] & RESERVED ? "a reserved bit" : NULL;
}

static const char *judge_second_byte(const struct frames *frames)
{
    if (!(frames->header[1] & MASKED))
        return "a frame without a mask";
    if (is_control(frames) && (frames->header[1] & ~MASKED) > CONTROL_BYTES_MAX)
        return "a control frame of more than 125 bytes";
    return NULL;
}

static const char *judge_length(const struct frames *frames)
{
    uint8_t code = frames->header[1] & ~MASKED;
    uint64_t length = payload_length(frames);

    if (length >> 63)
        return "a length of 64 bits";
    if ((code == 126 && length < 126) || (code == 127 && length <= UINT16_MAX))
        return "a length longer than it needs to be";
    return NULL;
}

/* A header is judged as soon as its bytes are there: the rest may never come. */
static const char *judge_header(const struct frames *frames)
{
    if (frames->header_length == 1)
        return judge_first_byte(frames);
    if (frames->header_length == 2)
        return judge_second_byte(frames);
    return frames->header_length == header_length(frames) - MASK_BYTES ? judge_length(frames)
                                                                       : NULL;
}

static size_t message_length(const struct frames *frames)
{
    return frames->pieces ? frames->pieces->message.length : 0;
}

/* The header is whole. False: the message is too large. */
static bool begin_payload(struct frames *frames)
{
    uint64_t length = payload_length(frames);
    size_t had = is_control(frames) ? 0 : message_length(frames);

    if (!is_control(frames) && length > frames->bytes_max - had)
        return false;
    if (opcode_of(frames) == FRAME_TEXT || opcode_of(frames) == FRAME_BINARY) {
        frames->message = opcode_of(frames);
        frames->utf8 = (struct utf8){0};
    }
    frames->length = frames->missing = (uint32_t)length;
    frames->is_in_payload = true;
    return true;
}

/* Returns MORE if it needs more bytes, or is whole. */
static enum frames_result read_header(struct frames *frames, uint8_t **bytes, size_t *length,
                                      struct frames_event *event)
{
    while (*length > 0 && frames->header_length < header_length(frames)) {
        const char *wrong;

        frames->header[frames->header_length++] = **bytes;
        ++*bytes;
        --*length;
        wrong = judge_header(frames);
        if (wrong)
            return refuse(frames, event, PROTOCOL_ERROR, wrong);
    }
    if (frames->header_length < header_length(frames) || begin_payload(frames))
        return FRAMES_MORE;
    return refuse(frames, event, TOO_LARGE, "a message that is too large");
}

/* ---- payload ---- */

/* The mask, turned so that it begins with the byte for the payload's byte `at`. */
static uint32_t mask_at(const struct frames *frames, size_t at)
{
    const uint8_t *mask = frames->header + frames->header_length - MASK_BYTES;
    uint8_t turned[MASK_BYTES];
    uint32_t word;

    for (size_t i = 0; i < MASK_BYTES; i++)
        turned[i] = mask[(at + i) % MASK_BYTES];
    memcpy(&word, turned, sizeof(word));
    return word;
}

static void unmask(const struct frames *frames, uint8_t *bytes, size_t length)
{
    uint32_t mask = mask_at(frames, frames->length - frames->missing), four;
    size_t at = 0;

    for (; at + sizeof(four) <= length; at += sizeof(four)) {
        memcpy(&four, bytes + at, sizeof(four));
        four ^= mask;
        memcpy(bytes + at, &four, sizeof(four));
    }
    for (size_t i = 0; at < length; at++, i++)
        bytes[at] ^= ((const uint8_t *)&mask)[i];
}

static bool keep(struct frames *frames, const uint8_t *bytes, size_t length)
{
    if (!frames->pieces)
        frames->pieces = calloc(1, sizeof(*frames->pieces));
    if (!frames->pieces)
        return false;
    if (is_control(frames)) {
        memcpy(frames->pieces->control + frames->length - frames->missing, bytes, length);
        return true;
    }
    buffer_add(&frames->pieces->message, bytes, length);
    return !frames->pieces->message.is_broken;
}

/* The whole payload of the frame, or of its message, which ends with this piece of it. */
static bool finish_payload(struct frames *frames, uint8_t *piece, size_t length,
                           struct frames_event *event)
{
    bool is_whole = is_control(frames) ? length == frames->length : message_length(frames) == 0;

    *event = (struct frames_event){.bytes = piece, .length = length};
    if (is_whole)
        return true;
    if (!keep(frames, piece, length))
        return false;
    if (is_control(frames)) {
        *event = (struct frames_event){.bytes = frames->pieces->control, .length = frames->length};
        return true;
    }
    event->bytes = frames->pieces->message.bytes;
    event->length = frames->pieces->message.length;
    frames->pieces->is_done = true;
    return true;
}

static enum frames_result finish_close(struct frames *frames, struct frames_event *event)
{
    if (!frame_close_is_right(event->bytes, event->length))
        return refuse(frames, event, PROTOCOL_ERROR, "a close code that nobody may send");
    frames->is_closed = true;
    if (event->length == 0)
        return FRAMES_CLOSE;
    event->code = (uint16_t)(event->bytes[0] << 8 | event->bytes[1]);
    event->bytes += 2;
    event->length -= 2;
    if (!utf8_is_right(event->bytes, event->length))
        return refuse(frames, event, BAD_TEXT, "a reason that is not UTF-8");
    return FRAMES_CLOSE;
}

/* The frame is whole. */
static enum frames_result finish_frame(struct frames *frames, uint8_t *piece, size_t length,
                                       struct frames_event *event)
{
    enum frame_opcode message = (enum frame_opcode)frames->message;
    bool ends = is_control(frames) || is_final(frames);

    if (ends ? !finish_payload(frames, piece, length, event)
             : length > 0 && !keep(frames, piece, length))
        return refuse(frames, event, INTERNAL_ERROR, "the relay has no memory left");
    frames->header_length = 0;
    frames->is_in_payload = false;
    if (is_control(frames))
        return opcode_of(frames) == FRAME_PING   ? FRAMES_PING
               : opcode_of(frames) == FRAME_PONG ? FRAMES_PONG
                                                 : finish_close(frames, event);
    if (!ends)
        return FRAMES_FRAGMENT;
    frames->message = 0;
    if (message == FRAME_BINARY)
        return FRAMES_BINARY;
    if (!utf8_is_whole(&frames->utf8))
        return refuse(frames, event, BAD_TEXT, "a text that is not UTF-8");
    return FRAMES_TEXT;
}

/* Takes what is here of the payload. MORE: it is not whole. */
static enum frames_result read_payload(struct frames *frames, uint8_t **bytes, size_t *length,
                                       struct frames_event *event)
{
    size_t count = *length < frames->missing ? *length : frames->missing;
    uint8_t *piece = *bytes;
    bool is_text = !is_control(frames) && frames->message == FRAME_TEXT;

    unmask(frames, piece, count);
    *bytes += count;
    *length -= count;
    if (is_text && !utf8_take(&frames->utf8, piece, count))
        return refuse(frames, event, BAD_TEXT, "a text that is not UTF-8");
    if (count == frames->missing)
        return finish_frame(frames, piece, count, event);
    if (count > 0 && !keep(frames, piece, count))
        return refuse(frames, event, INTERNAL_ERROR, "the relay has no memory left");
    frames->missing -= (uint32_t)count;
    return FRAMES_MORE;
}

/* ---- the whole ---- */

/* What the last event had is not needed any more. */
static void release_done(struct frames *frames)
{
    struct frames_pieces *pieces = frames->pieces;
    bool has_control = frames->is_in_payload && is_control(frames);

    if (!pieces)
        return;
    if (pieces->is_done)
        buffer_free(&pieces->message);
    pieces->is_done = false;
    if (pieces->message.length > 0 || has_control)
        return;
    buffer_free(&pieces->message);
    free(pieces);
    frames->pieces = NULL;
}

enum frames_result frames_read(struct frames *frames, uint8_t **bytes, size_t *length,
                               struct frames_event *event)
{
    enum frames_result result = FRAMES_MORE;

    release_done(frames);
    *event = (struct frames_event){0};
    if (frames->is_closed) {
        *bytes += *length;
        *length = 0;
        return FRAMES_MORE;
    }
    if (!frames->is_in_payload)
        result = read_header(frames, bytes, length, event);
    return frames->is_in_payload ? read_payload(frames, bytes, length, event) : result;
}

void frames_clear(struct frames *frames)
{
    if (frames->pieces)
        buffer_free(&frames->pieces->message);
    free(frames->pieces);
    frames->pieces = NULL;
}
