/*
 * A stream of events from a server that may be anything: what is shown has no control character
 * that a terminal obeys, and the stream says the same however it is cut. The first byte is the
 * length of its first piece.
 */
#include "fuzz.h"

#include "tail/follow.h"

struct reader {
    struct follow follow;
    struct text shown;
};

static void on_event(const struct sse_event *event, void *context)
{
    struct reader *reader = context;

    if (reader->follow.end == FOLLOW_GOES_ON)
        follow_event(&reader->follow, event, &reader->shown);
}

static bool read(struct reader *reader, const char *bytes, size_t length, size_t first)
{
    struct sse sse = {0};
    bool is_whole;

    *reader = (struct reader){
        .follow = {.match = "7", .seen = -1, .is_following = true, .has_label = true}};
    follow_connect(&reader->follow);
    sse_begin(&sse);
    is_whole = sse_feed(&sse, bytes, first, on_event, reader) &&
               sse_feed(&sse, bytes + first, length - first, on_event, reader);
    sse_free(&sse);
    return is_whole;
}

static void check(const struct text *shown)
{
    for (size_t i = 0; i < shown->length; i++)
        fuzz_expect((unsigned char)shown->bytes[i] >= ' ' || shown->bytes[i] == '\n');
}

static void forget(struct reader *reader)
{
    text_free(&reader->shown);
    text_free(&reader->follow.said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader whole, cut;
    char *bytes;
    size_t first;

    if (size == 0)
        return 0;
    bytes = fuzz_text(data + 1, size - 1);
    first = data[0] % size;
    fuzz_expect(read(&whole, bytes, size - 1, 0) == read(&cut, bytes, size - 1, first));
    fuzz_expect(whole.shown.length == cut.shown.length && whole.follow.seen == cut.follow.seen);
    check(&whole.shown);
    forget(&whole);
    forget(&cut);
    free(bytes);
    return 0;
}
