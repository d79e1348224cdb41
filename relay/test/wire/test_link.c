/* What relays say to each other: anything may come from the other end. */
#include "unit.h"

#include "wire/link.h"

static struct span span_of(const char *text)
{
    return (struct span){(const uint8_t *)text, strlen(text)};
}

static bool parses(struct link_message *message, const char *text)
{
    return link_parse(message, span_of(text));
}

static void fields_are_read(void **state)
{
    struct link_message message;

    (void)state;
    assert_true(parses(&message, "page 3 7 41 1000"));
    assert_int_equal(message.kind, LINK_PAGE);
    assert_int_equal(message.numbers[0], 3);
    assert_int_equal(message.numbers[2], 41);
    assert_int_equal(message.numbers[3], 1000);
    assert_true(parses(&message, "done 4 absent"));
    assert_int_equal(message.outcome, LINK_ABSENT);
    assert_true(parses(&message, "epoch 4 9f3c"));
    assert_string_equal(message.epoch, "9f3c");
    assert_true(parses(&message, "viewers\n7 120\n9 3"));
    assert_int_equal(message.kind, LINK_VIEWERS);
    assert_false(parses(&message, "viewers\n7"));
    assert_false(parses(&message, "viewers\n7 -1"));
    assert_true(parses(&message, "list 5 900 50\nstatus live,paused\ncompetition A B"));
    assert_int_equal(message.kind, LINK_LIST);
    assert_true(message.kind < LINK_REPORT); /* an edge says it */
    assert_int_equal(message.numbers[1], 900);
    assert_int_equal(message.numbers[2], 50);
    assert_true(parses(&message, "list 5 0 50"));
    assert_true(parses(&message, "epoch 4 -\n7 0"));
    assert_string_equal(message.epoch, "");
}

static void lines_are_taken_in_order(void **state)
{
    struct link_message message;
    struct link_line line;

    (void)state;
    assert_true(parses(&message, "follow 9f3c\n7 41\n0 3\n"));
    assert_true(link_next(&message, &line));
    assert_int_equal(line.numbers[0], 7);
    assert_int_equal(line.numbers[1], 41);
    assert_true(link_next(&message, &line));
    assert_int_equal(line.numbers[0], 0);
    assert_false(link_next(&message, &line));
    assert_true(parses(&message, "rows 2\n41 {\"a\": 1}"));
    assert_true(link_next(&message, &line));
    assert_int_equal(line.numbers[0], 41);
    assert_int_equal(line.text.length, 8);
    assert_memory_equal(line.text.bytes, "{\"a\": 1}", 8);
    assert_true(parses(&message, "matches 2 41\n42 {\"a\": 1}\n41 {}"));
    assert_int_equal(message.kind, LINK_MATCHES);
    assert_int_equal(message.numbers[1], 41);
    assert_true(link_next(&message, &line));
    assert_int_equal(line.numbers[0], 42);
    assert_memory_equal(line.text.bytes, "{\"a\": 1}", line.text.length);
    assert_true(link_next(&message, &line));
    assert_false(link_next(&message, &line));
    assert_true(parses(&message, "matches 2 0"));
    assert_false(link_next(&message, &line));
    assert_true(parses(&message, "branches 2\n41 9f3c\n7 a"));
    assert_true(link_next(&message, &line));
    assert_int_equal(line.numbers[0], 41);
    assert_string_equal(line.epoch, "9f3c");
    assert_true(link_next(&message, &line));
    assert_string_equal(line.epoch, "a");
    assert_true(parses(&message, "hello\nrelay 00ff\npath a b"));
    assert_true(link_next(&message, &line));
    assert_int_equal(line.key.length, 5);
    assert_memory_equal(line.text.bytes, "00ff", 4);
}

static void a_piece_of_a_state_may_hold_anything(void **state)
{
    struct link_message message;

    (void)state;
    assert_true(parses(&message, "state 2 41 9\n{\"a\"\n\n:1"));
    assert_int_equal(message.rest.length, 8);
    assert_memory_equal(message.rest.bytes, "{\"a\"\n\n:1", 8);
}

static void malformed_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "heads",
                                      "Heads 4",
                                      "heads 4 5",
                                      "heads  4",
                                      "heads 4\n-7",
                                      "heads 4 ",
                                      "heads 4\n\n",
                                      "rows 2\n41",
                                      "branches 2\n41",
                                      "branches 2\n41 a b",
                                      "branches 2\na 41",
                                      "rows 2\n41 ",
                                      "rows 2\n{}",
                                      "done 2 good",
                                      "load 1 7",
                                      "done 2",
                                      "list 1 0",
                                      "list 1 -1 50",
                                      "list 1 0 50\nstatus",
                                      "list 1 0 50\nStatus live",
                                      "matches 1",
                                      "matches 1 0\n7",
                                      "matches 1 0\n{}",
                                      "lost\n7 1",
                                      "reset\n7",
                                      "bye",
                                      "hello\nepoch",
                                      "bye 5\n7",
                                      "lost 7",
                                      "follow",
                                      "follow a b",
                                      "hello\nA b",
                                      "follow 9f\n7",
                                      "epoch 1 \x80",
                                      "bye 1234567890123456789",
                                      "unfollow\nx",
                                      "1 9f3c 7 58 1",
                                      "pages 1 2 3 4",
                                      "heads 4\r\n7"};
    struct link_message message;
    char epoch[90] = "epoch 1 ";

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (parses(&message, bad[i]))
            fail_msg("taken: %s", bad[i]);
    memset(epoch + 8, 'x', 65);
    assert_false(parses(&message, epoch));
    epoch[72] = '\0';
    assert_true(parses(&message, epoch));
}

static void what_is_written_is_read(void **state)
{
    struct buffer out = {0};
    struct link_message message;
    struct link_line line;

    (void)state;
    link_add_word(&out, LINK_ROWS);
    link_add_number(&out, 9);
    link_add_row(&out, 41, span_of("{}"));
    link_add_row(&out, 42, span_of("[1]"));
    assert_true(link_parse(&message, (struct span){out.bytes, out.length}));
    assert_int_equal(message.numbers[0], 9);
    assert_true(link_next(&message, &line) && link_next(&message, &line));
    assert_int_equal(line.numbers[0], 42);
    buffer_clear(&out);
    link_add_word(&out, LINK_EPOCH);
    link_add_number(&out, 9);
    link_add_epoch(&out, "");
    link_add_pair(&out, 7, 41);
    assert_true(link_parse(&message, (struct span){out.bytes, out.length}));
    assert_string_equal(message.epoch, "");
    buffer_free(&out);
}

static void json_is_whole_or_refused(void **state)
{
    static const char *const good[] = {"{}", "[]", "{\"a\":[{\"b\":\"}\\\"]\"}]}", "[[[[]]]]"};
    static const char *const bad[] = {"",
                                      "{",
                                      "7",
                                      "\"a\"",
                                      "{}}",
                                      "{} ",
                                      "[}",
                                      "{\"a}",
                                      "{\"a\\\"}",
                                      "{}{}",
                                      "]",
                                      "{\n}",
                                      "{\"a\":\"\x01\"}",
                                      "x{}"};
    char deep[402];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (!link_is_json(span_of(good[i])))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (link_is_json(span_of(bad[i])))
            fail_msg("taken: %s", bad[i]);
    memset(deep, '[', 200);
    memset(deep + 200, ']', 200);
    assert_true(link_is_json((struct span){(const uint8_t *)deep, 400}));
    assert_false(link_is_json((struct span){(const uint8_t *)deep, 399}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(lines_are_taken_in_order),
        cmocka_unit_test(a_piece_of_a_state_may_hold_anything),
        cmocka_unit_test(malformed_is_refused),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(json_is_whole_or_refused),
    };

    return UNIT_RUN(tests);
}
