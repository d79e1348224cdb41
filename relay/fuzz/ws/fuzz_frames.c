/*
 * Frames of a viewer: any bytes end in events that RFC 6455 allows, in the order in which
 * they can come, and how the bytes are cut changes nothing.
 */
#include "base/utf8.h"
#include "fuzz.h"
#include "ws/frames.h"

#define MESSAGE_MAX 600
#define EVENTS_MAX 4096

/* Of one reading: what was heard, and a digest of the payloads. */
struct story {
    uint8_t results[EVENTS_MAX];
    uint64_t digests[EVENTS_MAX];
    uint16_t codes[EVENTS_MAX];
    size_t count;
};

static uint64_t digest(const uint8_t *bytes, size_t length)
{
    uint64_t hash = 14695981039346656037u ^ length;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    return hash;
}

static bool is_code(uint16_t code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static void check_event(enum frames_result result, const struct frames_event *event)
{
    switch (result) {
    case FRAMES_TEXT:
        fuzz_expect(utf8_is_right(event->bytes, event->length));
        fuzz_expect(event->length <= MESSAGE_MAX);
        break;
    case FRAMES_BINARY:
        fuzz_expect(event->length <= MESSAGE_MAX);
        break;
    case FRAMES_PING:
    case FRAMES_PONG:
        fuzz_expect(event->length <= 125);
        break;
    case FRAMES_CLOSE:
        fuzz_expect(event->code ? is_code(event->code) : event->length == 0);
        fuzz_expect(event->length <= 123 && utf8_is_right(event->bytes, event->length));
        break;
    case FRAMES_VIOLATION:
        fuzz_expect(event->code == 1002 || event->code == 1007 || event->code == 1009);
        fuzz_expect(event->reason != NULL);
        break;
    case FRAMES_FRAGMENT:
    case FRAMES_MORE:
        break;
    }
}

static void tell(struct story *story, enum frames_result result, const struct frames_event *event)
{
    check_event(result, event);
    fuzz_expect(story->count == 0 || story->results[story->count - 1] < FRAMES_CLOSE);
    if (story->count == EVENTS_MAX)
        return;
    story->results[story->count] = (uint8_t)result;
    story->codes[story->count] = event->code;
    story->digests[story->count++] = digest(event->bytes, event->length);
}

static void hear(struct story *story, const uint8_t *data, size_t size, const size_t pieces[2])
{
    struct frames frames = {.bytes_max = MESSAGE_MAX};
    enum frames_result result;
    struct frames_event event;

    story->count = 0;
    for (size_t at = 0, turn = 0; at < size; turn++) {
        size_t piece = pieces[turn % 2], length = piece < size - at ? piece : size - at;
        uint8_t *bytes, *rest;

        fuzz_expect(length > 0);
        bytes = rest = malloc(length);
        fuzz_expect(bytes != NULL);
        memcpy(bytes, data + at, length);
        at += length;
        while ((result = frames_read(&frames, &rest, &length, &event)) != FRAMES_MORE)
            tell(story, result, &event);
        fuzz_expect(length == 0);
        free(bytes);
    }
    frames_clear(&frames);
}

static void check_same(const struct story *one, const struct story *other)
{
    fuzz_expect(one->count == other->count);
    for (size_t i = 0; i < one->count; i++) {
        fuzz_expect(one->results[i] == other->results[i]);
        fuzz_expect(one->codes[i] == other->codes[i]);
        fuzz_expect(one->digests[i] == other->digests[i]);
    }
}

/* The first two bytes are the sizes of the pieces, the rest is what comes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct story whole, pieces, bytes;

    if (size < 3)
        return 0;
    hear(&whole, data + 2, size - 2, (const size_t[]){size, size});
    hear(&pieces, data + 2, size - 2, (const size_t[]){1 + (size_t)data[0], 1 + (size_t)data[1]});
    hear(&bytes, data + 2, size - 2, (const size_t[]){1, 1});
    check_same(&whole, &pieces);
    check_same(&whole, &bytes);
    return 0;
}
