/* Server-Sent Events, byte by byte. */
#include "unit.h"

#include "wire/sse.h"

static void added(struct buffer *out, const char *expected)
{
    buffer_add(out, "", 1);
    assert_false(out->is_broken);
    assert_string_equal((char *)out->bytes, expected);
    buffer_free(out);
}

static void event_is(const char *text, int64_t seq, const char *expected)
{
    struct buffer out = {0};
    struct message message;

    message_read(&message, (struct span){(const uint8_t *)text, strlen(text)});
    if (seq != SSE_NO_ID)
        sse_add_id(&out, "9f3c", seq);
    sse_add_event(&out, &message);
    added(&out, expected);
}

static void an_event_has_type_place_and_data(void **state)
{
    (void)state;
    event_is(
        "{\"type\":\"commentary\",\"match\":7,\"seq\":58}", 58,
        "id: 9f3c:58\nevent: commentary\ndata: {\"type\":\"commentary\",\"match\":7,\"seq\":58}\n\n");
    event_is("{\"type\":\"subscribed\"}", 0,
             "id: 9f3c:0\nevent: subscribed\ndata: {\"type\":\"subscribed\"}\n\n");
    event_is("{\"type\":\"live\"}", SSE_NO_ID, "event: live\ndata: {\"type\":\"live\"}\n\n");
}

static void an_id_may_name_several_matches(void **state)
{
    const struct sse_place places[] = {{7, 58, 0}, {9, SSE_NO_ID, 4}, {0, 3, SSE_NO_ID}};
    struct buffer out = {0};

    (void)state;
    sse_add_places(&out, "9f3c", places, 3);
    added(&out, "id: 9f3c:7=58,lobby=3\n");
}

static void the_rest_is_short(void **state)
{
    struct buffer out = {0};

    (void)state;
    sse_add_retry(&out, 2000);
    sse_add_heartbeat(&out);
    sse_add_close(&out, 4000, "slow_consumer");
    added(&out, "retry: 2000\n\n:\n\nevent: close\n"
                "data: {\"type\":\"close\",\"code\":4000,\"reason\":\"slow_consumer\"}\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_has_type_place_and_data),
        cmocka_unit_test(an_id_may_name_several_matches),
        cmocka_unit_test(the_rest_is_short),
    };

    return UNIT_RUN(tests);
}
