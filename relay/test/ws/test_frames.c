/* Frames of viewers: what they say, what is refused, and that no cutting changes it. */
#include "ws/frames.h"

#include "frames_scene.h"
#include "unit.h"
#include "ws/accept.h"

static void messages_are_heard(void **state)
{
    struct stream stream = {0};

    (void)state;
    add_text(&stream, 0x81, "hello");
    add_text(&stream, 0x81, "");
    add_text(&stream, 0x82, "binary");
    assert_string_equal(hear(&stream), "text hello\ntext\nbinary binary\n");
}

static void fragments_become_one_message(void **state)
{
    struct stream stream = {0};

    (void)state;
    add_text(&stream, 0x01, "a");
    add_text(&stream, 0x89, "p");
    add_text(&stream, 0x00, "");
    add_text(&stream, 0x00, "bc");
    add_text(&stream, 0x8a, "");
    add_text(&stream, 0x80, "d");
    add_text(&stream, 0x01, "");
    add_text(&stream, 0x80, "");
    add_text(&stream, 0x02, "x");
    add_text(&stream, 0x80, "");
    assert_string_equal(hear(&stream), "fragment\nping p\nfragment\nfragment\npong\ntext abcd\n"
                                       "fragment\ntext\nfragment\nbinary x\n");
}

static void each_ping_of_a_burst_is_heard(void **state)
{
    struct stream stream = {0};

    (void)state;
    add_text(&stream, 0x89, "one");
    add_text(&stream, 0x89, "");
    add_text(&stream, 0x89, "three");
    assert_string_equal(hear(&stream), "ping one\nping\nping three\n");
}

static void reserved_bits_and_opcodes_are_refused(void **state)
{
    (void)state;
    assert_violates(hear_frame(0xc1, "a", 1), 1002);
    assert_violates(hear_frame(0xa1, "a", 1), 1002);
    assert_violates(hear_frame(0x91, "a", 1), 1002);
    assert_violates(hear_frame(0x99, "a", 1), 1002);
    for (uint8_t opcode = 3; opcode < 16; opcode++)
        if (opcode < 8 || opcode > 10)
            assert_violates(hear_frame(0x80 | opcode, "a", 1), 1002);
}

static void frames_out_of_place_are_refused(void **state)
{
    struct stream stream = {0};

    (void)state;
    assert_violates(hear_frame(0x80, "a", 1), 1002);
    assert_violates(hear_frame(0x00, "a", 1), 1002);
    add_text(&stream, 0x01, "a");
    add_text(&stream, 0x81, "b");
    assert_string_equal(hear(&stream), "fragment\nviolation 1002\n");
    stream.length = 0;
    add_text(&stream, 0x81, "a");
    add_text(&stream, 0x80, "b");
    assert_string_equal(hear(&stream), "text a\nviolation 1002\n");
}

static void control_frames_are_whole_and_short(void **state)
{
    char payload[126];

    (void)state;
    memset(payload, 'p', sizeof(payload));
    assert_true(begins(hear_frame(0x89, payload, 125), "ping ppp"));
    assert_violates(hear_frame(0x89, payload, 126), 1002);
    assert_violates(hear_frame(0x8a, payload, 126), 1002);
    assert_violates(hear_frame(0x88, payload, 126), 1002);
    assert_violates(hear_frame(0x09, "p", 1), 1002);
    assert_violates(hear_frame(0x0a, "p", 1), 1002);
    assert_violates(hear_frame(0x08, "", 0), 1002);
}

static void a_mask_is_needed(void **state)
{
    struct stream stream = {.is_bare = true};

    (void)state;
    add_text(&stream, 0x81, "a");
    assert_violates(hear(&stream), 1002);
    stream.length = 0;
    add_text(&stream, 0x89, "");
    assert_violates(hear(&stream), 1002);
}

static void lengths_are_as_short_as_they_can_be(void **state)
{
    struct stream stream = {0};
    char payload[MESSAGE_MAX];

    (void)state;
    memset(payload, 'a', sizeof(payload));
    add_frame_of(&stream, 0x81, payload, 125, 3);
    assert_violates(hear(&stream), 1002);
    stream.length = 0;
    add_frame_of(&stream, 0x81, payload, 126, 9);
    assert_violates(hear(&stream), 1002);
    assert_true(begins(hear_frame(0x81, payload, 125), "text aaa"));
    assert_true(begins(hear_frame(0x81, payload, 126), "text aaa"));
}

static void lengths_are_bounded(void **state)
{
    static const uint8_t huge[] = {0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'a'};
    static const uint8_t large[] = {0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'a'};
    struct stream stream = {.length = sizeof(huge)};
    char payload[MESSAGE_MAX + 1];

    (void)state;
    memset(payload, 'a', sizeof(payload));
    memcpy(stream.bytes, huge, sizeof(huge));
    assert_violates(hear(&stream), 1002);
    memcpy(stream.bytes, large, sizeof(large));
    assert_violates(hear(&stream), 1009);
    assert_true(begins(hear_frame(0x81, payload, MESSAGE_MAX), "text aaa"));
    assert_violates(hear_frame(0x81, payload, MESSAGE_MAX + 1), 1009);
    stream.length = 0;
    add_frame(&stream, 0x01, payload, MESSAGE_MAX);
    add_text(&stream, 0x00, "");
    add_text(&stream, 0x89, "p");
    add_text(&stream, 0x80, "a");
    assert_string_equal(hear(&stream), "fragment\nfragment\nping p\nviolation 1009\n");
}

static void text_is_utf_8_wherever_it_is_cut(void **state)
{
    static const char cricket[] = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8f\x8f";
    struct stream stream = {0};

    (void)state;
    for (size_t cut = 0; cut < sizeof(cricket); cut++) {
        stream.length = 0;
        add_frame(&stream, 0x01, cricket, cut);
        add_text(&stream, 0x89, "\xff");
        add_frame(&stream, 0x80, cricket + cut, sizeof(cricket) - 1 - cut);
        assert_string_equal(hear(&stream),
                            "fragment\nping \xff\ntext \xc3\xa9\xe2\x82\xac\xf0\x9f\x8f\x8f\n");
    }
    assert_violates(hear_frame(0x81, "\xc3\x28", 2), 1007);
    assert_violates(hear_frame(0x81, "\xc3", 1), 1007);
    assert_true(begins(hear_frame(0x82, "\xc3\x28", 2), "binary"));
    stream.length = 0;
    add_text(&stream, 0x01, "\xc3");
    add_text(&stream, 0x80, "(");
    assert_string_equal(hear(&stream), "fragment\nviolation 1007\n");
}

/* It is told at the first byte that cannot be right: the rest may never come. */
static void bad_text_is_refused_at_once(void **state)
{
    uint8_t bytes[] = {0x81, 0xfe, 0x01, 0x00, 0, 0, 0, 0, 'a', 0xff}, *rest = bytes;
    size_t length = sizeof(bytes);
    struct frames frames = {.bytes_max = MESSAGE_MAX};
    struct frames_event event;

    (void)state;
    assert_int_equal(frames_read(&frames, &rest, &length, &event), FRAMES_VIOLATION);
    assert_int_equal(event.code, 1007);
    frames_clear(&frames);
}

static const char *hear_close(unsigned code, const char *reason)
{
    char payload[126] = {(char)(code >> 8), (char)code};

    assert_true(strlen(reason) <= sizeof(payload) - 2);
    memcpy(payload + 2, reason, strlen(reason));
    return hear_frame(0x88, payload, 2 + strlen(reason));
}

static void closes_are_heard(void **state)
{
    struct stream stream = {0};

    (void)state;
    assert_string_equal(hear_frame(0x88, "", 0), "close\n");
    assert_string_equal(hear_close(1000, "bye"), "close 1000 bye\n");
    assert_string_equal(hear_close(4999, ""), "close 4999\n");
    add_text(&stream, 0x88, "");
    add_text(&stream, 0x81, "after it");
    add_text(&stream, 0xff, "nonsense");
    assert_string_equal(hear(&stream), "close\n");
}

static void close_codes_are_those_that_may_be_sent(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 65536; code += code < 1020 || code > 2990 ? 1 : 7) {
        bool is_right = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                        (code >= 3000 && code <= 4999);
        char payload[] = {(char)(code >> 8), (char)code};
        struct stream stream = {0};
        struct story story;

        add_frame(&stream, 0x88, payload, 2);
        hear_pieces(&story, &stream, stream.length);
        assert_true(begins(story.text, is_right ? "close " : "violation 1002"));
    }
    assert_violates(hear_frame(0x88, "\x03", 1), 1002);
    assert_violates(hear_close(1000, "\xc3("), 1007);
    assert_violates(hear_close(1000, "\xe2\x82"), 1007);
}

static void after_a_violation_nothing_is_heard(void **state)
{
    struct stream stream = {0};

    (void)state;
    add_text(&stream, 0x81, "a");
    add_text(&stream, 0x83, "b");
    add_text(&stream, 0x81, "c");
    assert_string_equal(hear(&stream), "text a\nviolation 1002\n");
}

/* What comes whole is not copied. */
static void a_whole_message_stays_where_it_is(void **state)
{
    struct stream stream = {0};
    struct frames frames = {.bytes_max = MESSAGE_MAX};
    struct frames_event event;
    uint8_t *rest = stream.bytes;

    (void)state;
    add_text(&stream, 0x81, "hello");
    assert_int_equal(frames_read(&frames, &rest, &stream.length, &event), FRAMES_TEXT);
    assert_ptr_equal(event.bytes, stream.bytes + 6);
    assert_null(frames.pieces);
}

static void memory_of_pieces_is_given_back(void **state)
{
    struct stream stream = {0};
    struct frames frames = {.bytes_max = MESSAGE_MAX};
    struct frames_event event;
    uint8_t *rest = stream.bytes;

    (void)state;
    add_text(&stream, 0x01, "a");
    add_text(&stream, 0x80, "b");
    assert_int_equal(frames_read(&frames, &rest, &stream.length, &event), FRAMES_FRAGMENT);
    assert_int_equal(frames_read(&frames, &rest, &stream.length, &event), FRAMES_TEXT);
    assert_non_null(frames.pieces);
    assert_int_equal(frames_read(&frames, &rest, &stream.length, &event), FRAMES_MORE);
    assert_null(frames.pieces);
}

/* The example of RFC 6455 section 1.3. */
static void a_key_is_answered(void **state)
{
    char answer[ACCEPT_BYTES];

    (void)state;
    assert_true(accept_answer("dGhlIHNhbXBsZSBub25jZQ==", answer));
    assert_string_equal(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_false(accept_answer("", answer));
    assert_false(accept_key_is_right("dGhlIHNhbXBsZSBub25jZQ="));
    assert_false(accept_key_is_right("dGhlIHNhbXBsZSBub25jZQ===="));
    assert_false(accept_key_is_right("dGhlIHNhbXBsZSBub25jZ==="));
    assert_false(accept_key_is_right("dGhlIHNhbXBsZSBub25j!Q=="));
    assert_false(accept_key_is_right(" GhlIHNhbXBsZSBub25jZQ=="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_heard),
        cmocka_unit_test(fragments_become_one_message),
        cmocka_unit_test(each_ping_of_a_burst_is_heard),
        cmocka_unit_test(reserved_bits_and_opcodes_are_refused),
        cmocka_unit_test(frames_out_of_place_are_refused),
        cmocka_unit_test(control_frames_are_whole_and_short),
        cmocka_unit_test(a_mask_is_needed),
        cmocka_unit_test(lengths_are_as_short_as_they_can_be),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(text_is_utf_8_wherever_it_is_cut),
        cmocka_unit_test(bad_text_is_refused_at_once),
        cmocka_unit_test(closes_are_heard),
        cmocka_unit_test(close_codes_are_those_that_may_be_sent),
        cmocka_unit_test(after_a_violation_nothing_is_heard),
        cmocka_unit_test(a_whole_message_stays_where_it_is),
        cmocka_unit_test(memory_of_pieces_is_given_back),
        cmocka_unit_test(a_key_is_answered),
    };

    return UNIT_RUN(tests);
}
