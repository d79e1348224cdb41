/* Frames of a viewer, and what frames.h hears of them, written as a story. */
#ifndef FRAMES_SCENE_H
#define FRAMES_SCENE_H

#include <stdio.h>

#include "unit.h"
#include "ws/frames.h"

#define MESSAGE_MAX 300
#define STREAM_BYTES 2048
#define STORY_BYTES 4096

/* What a client sends. */
struct stream {
    uint8_t bytes[STREAM_BYTES];
    size_t length;
    bool is_bare; /* without masks */
};

static inline void add_payload(struct stream *stream, const void *payload, size_t length)
{
    static const uint8_t mask[] = {0x12, 0x34, 0xab, 0xcd};

    if (!stream->is_bare) {
        memcpy(stream->bytes + stream->length, mask, sizeof(mask));
        stream->length += sizeof(mask);
    }
    for (size_t i = 0; i < length; i++)
        stream->bytes[stream->length++] =
            ((const uint8_t *)payload)[i] ^ (stream->is_bare ? 0 : mask[i % 4]);
}

/* `first` is the first byte; the length is written in so many bytes: 1, 3 or 9. */
static inline void add_frame_of(struct stream *stream, uint8_t first, const void *payload,
                                size_t length, size_t width)
{
    uint8_t code = width == 1 ? (uint8_t)length : width == 3 ? 126 : 127;

    stream->bytes[stream->length++] = first;
    stream->bytes[stream->length++] = code | (stream->is_bare ? 0 : 0x80);
    for (size_t i = width - 1; i-- > 0;)
        stream->bytes[stream->length++] = (uint8_t)((uint64_t)length >> (8 * i));
    add_payload(stream, payload, length);
}

static inline void add_frame(struct stream *stream, uint8_t first, const void *payload,
                             size_t length)
{
    add_frame_of(stream, first, payload, length, length < 126 ? 1 : length < 65536 ? 3 : 9);
}

static inline void add_text(struct stream *stream, uint8_t first, const char *text)
{
    add_frame(stream, first, text, strlen(text));
}

/* ---- what is heard, written as a story ---- */

struct story {
    char text[STORY_BYTES];
    size_t length;
};

static inline void tell(struct story *story, enum frames_result result,
                        const struct frames_event *event)
{
    static const char *const names[] = {
        [FRAMES_FRAGMENT] = "fragment",   [FRAMES_TEXT] = "text", [FRAMES_BINARY] = "binary",
        [FRAMES_PING] = "ping",           [FRAMES_PONG] = "pong", [FRAMES_CLOSE] = "close",
        [FRAMES_VIOLATION] = "violation",
    };

    story->length += (size_t)snprintf(story->text + story->length, STORY_BYTES - story->length,
                                      "%s", names[result]);
    if (event->code)
        story->length += (size_t)snprintf(story->text + story->length, STORY_BYTES - story->length,
                                          " %u", event->code);
    for (size_t i = 0; i < event->length; i++)
        story->length += (size_t)snprintf(story->text + story->length, STORY_BYTES - story->length,
                                          "%s%c", i ? "" : " ", event->bytes[i]);
    story->length +=
        (size_t)snprintf(story->text + story->length, STORY_BYTES - story->length, "\n");
    assert_true(story->length < STORY_BYTES);
}

/* Each piece is in memory of its own, so that a read before or after it is found. */
static inline void hear_pieces(struct story *story, const struct stream *stream, size_t piece)
{
    struct frames frames = {.bytes_max = MESSAGE_MAX};
    enum frames_result result;
    struct frames_event event;

    *story = (struct story){0};
    for (size_t at = 0; at < stream->length; at += piece) {
        size_t length = piece < stream->length - at ? piece : stream->length - at;
        uint8_t *bytes = malloc(length), *rest = bytes;

        assert_non_null(bytes);
        memcpy(bytes, stream->bytes + at, length);
        while ((result = frames_read(&frames, &rest, &length, &event)) != FRAMES_MORE)
            tell(story, result, &event);
        assert_int_equal(length, 0);
        free(bytes);
    }
    frames_clear(&frames);
}

/* As one piece; in pieces of any size it is the same. */
static inline const char *hear(const struct stream *stream)
{
    static struct story whole;
    struct story story;

    hear_pieces(&whole, stream, stream->length);
    for (size_t piece = 1; piece < stream->length && piece < 200; piece++) {
        hear_pieces(&story, stream, piece);
        assert_string_equal(story.text, whole.text);
    }
    return whole.text;
}

static inline const char *hear_frame(uint8_t first, const void *payload, size_t length)
{
    struct stream stream = {0};

    add_frame(&stream, first, payload, length);
    return hear(&stream);
}

static inline bool begins(const char *story, const char *with)
{
    return strncmp(story, with, strlen(with)) == 0;
}

#define assert_violates(story, code) assert_true(begins(story, "violation " #code))

#endif
