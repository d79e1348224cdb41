/* What a message begins with. */
#include "unit.h"

#include "wire/message.h"

static struct message message_of(const char *text)
{
    struct message message;

    message_read(&message, (struct span){(const uint8_t *)text, strlen(text)});
    return message;
}

static void an_entry_has_a_seq(void **state)
{
    struct message message = message_of("{\"type\":\"commentary\",\"match\":9223372036854775807,"
                                        "\"seq\":9223372036854775807,\"op\":\"insert\"}");

    (void)state;
    assert_true(message_is(&message, "commentary"));
    assert_false(message_is(&message, "comment"));
    assert_int_equal(message.seq, INT64_MAX);
    message =
        message_of("{\"type\":\"match_created\",\"match\":\"lobby\",\"seq\":12,\"state\":{}}");
    assert_true(message_is(&message, "match_created"));
    assert_int_equal(message.seq, 12);
}

static void all_else_has_none(void **state)
{
    struct message message = message_of("{\"type\":\"stale\",\"since_ms\":5}");

    (void)state;
    assert_true(message_is(&message, "stale"));
    assert_int_equal(message.seq, 0);
    message = message_of("{\"type\":\"subscribed\",\"match\":7,\"epoch\":\"e1\",\"head\":0,"
                         "\"state\":{\"metadata\":{\"seq\":5}}}");
    assert_int_equal(message.seq, 0);
    message = message_of("{\"type\":\"live\",\"seq\":5}");
    assert_int_equal(message.seq, 0);
    message = message_of("{}");
    assert_true(message_is(&message, "message"));
}

static void an_error_has_a_code(void **state)
{
    struct message message = message_of("{\"type\":\"error\",\"code\":\"unknown_match\",\"m\":1}");

    (void)state;
    assert_true(message_is_error(&message, "unknown_match"));
    assert_false(message_is_error(&message, "unknown"));
    assert_false(message_is_error(&message, "unknown_matches"));
    message = message_of("{\"type\":\"pong\"}");
    assert_false(message_is_error(&message, "unknown_match"));
}

static void members_are_found_by_their_name(void **state)
{
    struct message message =
        message_of("{\"type\":\"subscribed\",\"match\":7,\"epoch\":\"e1\",\"head\":57,"
                   "\"recovered\":true,\"state\":{\"home\":\"\\\"head\\\":9\"}}");

    (void)state;
    assert_int_equal(message_number(&message, "\"head\":"), 57);
    assert_int_equal(message_number(&message, "\"tail\":"), 0);
    assert_true(message_has(&message, "\"recovered\":true"));
    assert_false(message_has(&message, "\"recovered\":false"));
    message = message_of("{\"type\":\"bye\",\"retry_after_ms\":99999999999999999999}");
    assert_int_equal(message_number(&message, "\"retry_after_ms\":"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_has_a_seq),
        cmocka_unit_test(all_else_has_none),
        cmocka_unit_test(an_error_has_a_code),
        cmocka_unit_test(members_are_found_by_their_name),
    };

    return UNIT_RUN(tests);
}
