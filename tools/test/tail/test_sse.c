/* Server-Sent Events, in whichever pieces they come. */
#include "unit.h"

#include "base/text.h"
#include "tail/sse.h"

static void note(const struct sse_event *event, void *context)
{
    text_print(context, "<%s|%s|%.*s>", event->type, event->id, (int)event->data_bytes,
               event->data);
}

/* In pieces of every size. */
static void assert_events(const char *stream, const char *wanted)
{
    size_t length = strlen(stream);

    for (size_t piece = 1; piece <= length; piece++) {
        struct sse sse = {0};
        struct text seen = {0};

        sse_begin(&sse);
        text_add(&seen, "", 0);
        for (size_t i = 0; i < length; i += piece)
            assert_true(
                sse_feed(&sse, stream + i, length - i < piece ? length - i : piece, note, &seen));
        assert_string_equal(seen.bytes, wanted);
        sse_free(&sse);
        text_free(&seen);
    }
}

static void events_are_read(void **state)
{
    (void)state;
    assert_events("id: e:1\nevent: commentary\ndata: {\"a\":1}\n\n", "<commentary|e:1|{\"a\":1}>");
    assert_events("data:x\r\n\r\ndata: y\r\rdata: z\n\n", "<message||x><message||y><message||z>");
    assert_events("id: 5\ndata: a\ndata: b\n\nevent: bye\ndata\n\n", "<message|5|a\nb><bye|5|>");
}

static void comments_and_what_is_unknown_are_passed_over(void **state)
{
    (void)state;
    assert_events(":\n\n: hello\nwhat: 1\nevent: x\n\ndata: a\n\n", "<message||a>");
}

static void an_event_without_its_end_is_none(void **state)
{
    (void)state;
    assert_events("data: a\n", "");
}

static void retry_is_kept(void **state)
{
    struct sse sse = {0};

    (void)state;
    sse_begin(&sse);
    assert_true(sse_feed(&sse, "retry: 1734\n\nretry: -5\nretry: 99999999999\n", 43, note, NULL));
    assert_int_equal(sse.retry_ms, 1734);
    sse_free(&sse);
}

static void a_line_without_end_is_bounded(void **state)
{
    static char bytes[65536];
    struct sse sse = {0};
    size_t fed = 0;

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    sse_begin(&sse);
    while (sse_feed(&sse, bytes, sizeof bytes, note, NULL))
        assert_true((fed += sizeof bytes) <= SSE_BYTES_MAX);
    sse_free(&sse);
}

static void data_without_end_is_bounded(void **state)
{
    struct sse sse = {0};
    size_t fed = 0;

    (void)state;
    sse_begin(&sse);
    while (sse_feed(&sse, "data: 0123456789012345678901234567890123456789\n", 47, note, NULL))
        assert_true((fed += 47) <= 2 * SSE_BYTES_MAX);
    sse_free(&sse);
}

static void a_nul_breaks_the_stream(void **state)
{
    struct sse sse = {0};

    (void)state;
    sse_begin(&sse);
    assert_false(sse_feed(&sse, "data: a\0b\n", 10, note, NULL));
    sse_free(&sse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_read),
        cmocka_unit_test(comments_and_what_is_unknown_are_passed_over),
        cmocka_unit_test(an_event_without_its_end_is_none),
        cmocka_unit_test(retry_is_kept),
        cmocka_unit_test(a_line_without_end_is_bounded),
        cmocka_unit_test(data_without_end_is_bounded),
        cmocka_unit_test(a_nul_breaks_the_stream),
    };

    return UNIT_RUN(tests);
}
