/* Framing: the three lengths of a header at their boundaries, and messages made in place. */
#include "unit.h"

#include "wire/frame.h"

static void header_is(size_t payload, const uint8_t *expected, size_t length)
{
    uint8_t header[FRAME_HEADER_MAX];

    assert_int_equal(frame_header_length(payload), length);
    assert_int_equal(frame_put_header(header, FRAME_TEXT, payload), length);
    assert_memory_equal(header, expected, length);
}

static void a_header_is_as_short_as_it_can_be(void **state)
{
    (void)state;
    header_is(0, (const uint8_t[]){0x81, 0}, 2);
    header_is(125, (const uint8_t[]){0x81, 125}, 2);
    header_is(126, (const uint8_t[]){0x81, 126, 0, 126}, 4);
    header_is(65535, (const uint8_t[]){0x81, 126, 0xff, 0xff}, 4);
    header_is(65536, (const uint8_t[]){0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}, 10);
}

static void a_close_frame_carries_code_and_reason(void **state)
{
    uint8_t frame[FRAME_CONTROL_MAX];

    (void)state;
    assert_int_equal(frame_put_close(frame, 4000, "slow"), 8);
    assert_memory_equal(frame, ((const uint8_t[]){0x88, 6, 0x0f, 0xa0, 's', 'l', 'o', 'w'}), 8);
}

static void a_close_reason_is_cut_at_125_bytes(void **state)
{
    uint8_t frame[FRAME_CONTROL_MAX];
    char reason[300];

    (void)state;
    memset(reason, 'x', sizeof(reason) - 1);
    reason[sizeof(reason) - 1] = '\0';
    assert_int_equal(frame_put_close(frame, 1001, reason), FRAME_CONTROL_MAX);
    assert_int_equal(frame[1], 125);
}

static bool close_is_right(unsigned code)
{
    const uint8_t payload[] = {(uint8_t)(code >> 8), (uint8_t)code, 'b', 'y', 'e'};

    assert_int_equal(frame_close_is_right(payload, 2), frame_close_is_right(payload, 5));
    return frame_close_is_right(payload, 5);
}

static void a_close_has_a_code_that_may_be_sent(void **state)
{
    const unsigned right[] = {1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4000, 4999};
    const unsigned wrong[] = {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535};

    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
        assert_true(close_is_right(right[i]));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(close_is_right(wrong[i]));
    assert_true(frame_close_is_right(NULL, 0));
    assert_false(frame_close_is_right((const uint8_t[]){0x03}, 1));
}

static void message_has(struct buffer *buffer, size_t payload, size_t header)
{
    struct span span;

    frame_begin(buffer);
    for (size_t i = 0; i < payload; i++)
        buffer_add(buffer, "x", 1);
    span = frame_end(buffer);
    assert_int_equal(span.length, header + payload);
    assert_int_equal(span.bytes[0], 0x81);
    assert_int_equal(span.bytes[header], 'x');
}

static void a_message_is_framed_in_place(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    message_has(&buffer, 125, 2);
    message_has(&buffer, 126, 4);
    message_has(&buffer, 65536, 10);
    buffer_free(&buffer);
}

static void a_message_ends_the_same_twice(void **state)
{
    struct buffer buffer = {0};
    struct span first, second;

    (void)state;
    frame_begin(&buffer);
    buffer_add_text(&buffer, "{}");
    first = frame_end(&buffer);
    second = frame_end(&buffer);
    assert_int_equal(first.length, 4);
    assert_int_equal(second.length, 4);
    assert_memory_equal(second.bytes, "\x81\x02{}", 4);
    buffer_free(&buffer);
}

static void frames_are_taken_one_by_one(void **state)
{
    static uint8_t bytes[70000];
    const size_t payloads[] = {0, 125, 126, 66000};
    struct span frames = {bytes, 0}, payload, cut;

    (void)state;
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        frames.length += frame_put_header(bytes + frames.length, FRAME_TEXT, payloads[i]);
        frames.length += payloads[i];
    }
    cut = (struct span){frames.bytes, frames.length - 1};
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        assert_true(frame_take(&frames, &payload));
        assert_int_equal(payload.length, payloads[i]);
    }
    assert_ptr_equal(payload.bytes + payload.length, frames.bytes);
    assert_false(frame_take(&frames, &payload));
    for (int i = 0; i < 3; i++)
        assert_true(frame_take(&cut, &payload));
    assert_false(frame_take(&cut, &payload)); /* it is not whole */
}

static void json_text_is_escaped(void **state)
{
    struct buffer buffer = {0};
    const char expected[] = "\"a\\\"b\\\\c\\u000a\\u001fé\"";

    (void)state;
    buffer_add_json(&buffer, "a\"b\\c\n\x1f"
                             "é");
    assert_int_equal(buffer.length, strlen(expected));
    assert_memory_equal(buffer.bytes, expected, buffer.length);
    buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_as_short_as_it_can_be),
        cmocka_unit_test(a_close_frame_carries_code_and_reason),
        cmocka_unit_test(a_close_reason_is_cut_at_125_bytes),
        cmocka_unit_test(a_close_has_a_code_that_may_be_sent),
        cmocka_unit_test(a_message_is_framed_in_place),
        cmocka_unit_test(a_message_ends_the_same_twice),
        cmocka_unit_test(frames_are_taken_one_by_one),
        cmocka_unit_test(json_text_is_escaped),
    };

    return UNIT_RUN(tests);
}
