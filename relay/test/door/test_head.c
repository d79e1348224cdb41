/* What a head says as a whole: its fields, framing, connection and upgrade. */
#include "head_scene.h"

static unsigned status_with(const char *fields)
{
    char text[512];

    snprintf(text, sizeof(text), "POST / HTTP/1.1\r\n" HOST "%s\r\n\r\n", fields);
    return status_of_bytes(text, strlen(text));
}

static void framing_is_strict(void **state)
{
    static const struct {
        const char *fields;
        unsigned status;
    } cases[] = {
        {"Content-Length: +5", 400},
        {"Content-Length: -5", 400},
        {"Content-Length: 5 5", 400},
        {"Content-Length: 5, 5", 400},
        {"Content-Length: 0x5", 400},
        {"Content-Length:", 400},
        {"Content-Length: 5.0", 400},
        {"Content-Length: 18446744073709551616", 400},
        {"Content-Length: 99999999999999999999999999999", 400},
        {"Content-Length: 5\r\nContent-Length: 5", 400},
        {"Content-Length: 5\r\nContent-Length: 6", 400},
        {"Content-Length: 5\r\nTransfer-Encoding: chunked", 400},
        {"Transfer-Encoding: chunked\r\nContent-Length: 0", 400},
        {"Transfer-Encoding: identity", 400},
        {"Transfer-Encoding: gzip", 400},
        {"Transfer-Encoding: chunked, gzip", 400},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", 400},
        {"Transfer-Encoding: xchunked", 400},
        {"Transfer-Encoding: chunked;a=b", 400},
        {"Transfer-Encoding:", 400},
        {"Transfer-Encoding: ,", 400},
        {"Transfer-Encoding: gzip, chunked", 501},
        {"Transfer-Encoding: chunked, chunked", 501},
        {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", 501},
        {"Transfer-Encoding: chunked", 200},
        {"Transfer-Encoding: ,Chunked,", 200},
        {"Content-Length: 005", 200},
        {"Expect: 100-continue\r\nContent-Length: 5", 200},
        {"Expect: 100-Continue, 100-continue", 200},
        {"Expect: tea", 417},
        {"Expect: 100-continue, tea", 417},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (status_with(cases[i].fields) != cases[i].status)
            fail_msg("not %u: %s", cases[i].status, cases[i].fields);
    assert_status("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    assert_status("POST / HTTP/1.0\r\nExpect: tea\r\n\r\n", 200);
}

static void bodies_are_told(void **state)
{
    const struct head *head;

    (void)state;
    assert_int_equal(status_with("Content-Length: 18446744073709551610"), 400);
    assert_int_equal(status_with("Content-Length: 1844674407370955160"), 200);
    assert_true(last.head.has_body && last.head.body_length == 1844674407370955160);
    assert_int_equal(status_with("Content-Length: 0"), 200);
    assert_false(last.head.has_body);
    assert_int_equal(status_with("Transfer-Encoding: chunked\r\nExpect: 100-continue"), 200);
    assert_true(last.head.has_body && last.head.is_chunked && last.head.expects_continue);
    assert_int_equal(status_with("Expect: 100-continue"), 200);
    assert_false(last.head.expects_continue);
    head = read_head("POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    assert_true(head->has_body && !head->expects_continue);
}

static bool is_kept(const char *version, const char *fields)
{
    char text[256];

    snprintf(text, sizeof(text), "GET / HTTP/%s\r\n" HOST "%s\r\n", version, fields);
    return read_head(text)->is_kept;
}

static void connections_are_kept_or_closed(void **state)
{
    (void)state;
    assert_true(is_kept("1.1", ""));
    assert_true(is_kept("1.1", "Connection: keep-alive\r\n"));
    assert_true(is_kept("1.1", "Connection:\r\n"));
    assert_true(is_kept("1.1", "Connection: closed, x-close\r\n"));
    assert_false(is_kept("1.1", "Connection: close\r\n"));
    assert_false(is_kept("1.1", "Connection: close, TE\r\n"));
    assert_false(is_kept("1.1", "Connection: ,, TE ,\tCLOSE ,\r\n"));
    assert_false(is_kept("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
    assert_false(is_kept("1.0", ""));
    assert_true(is_kept("1.0", "Connection: Keep-Alive\r\n"));
    assert_false(is_kept("1.0", "Connection: keep-alive, close\r\n"));
}

static bool upgrades(const char *version, const char *fields)
{
    char text[256];

    snprintf(text, sizeof(text), "GET /ws HTTP/%s\r\n" HOST "%s\r\n", version, fields);
    return read_head(text)->wants_websocket;
}

static void only_websocket_is_upgraded_to(void **state)
{
    (void)state;
    assert_true(upgrades("1.1", "Upgrade: websocket\r\nConnection: Upgrade\r\n"));
    assert_true(upgrades("1.1", "Upgrade: foo, WebSocket\r\nConnection: keep-alive, UPGRADE\r\n"));
    assert_true(upgrades("1.1", "Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: a\r\n"
                                "Connection: upgrade\r\n"));
    assert_false(upgrades("1.1", "Upgrade: websocket\r\n"));
    assert_false(upgrades("1.1", "Connection: upgrade\r\n"));
    assert_false(upgrades("1.1", "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"));
    assert_false(upgrades("1.1", "Upgrade: websocket/13\r\nConnection: Upgrade\r\n"));
    assert_false(upgrades("1.0", "Upgrade: websocket\r\nConnection: Upgrade\r\n"));
}

static void lists_are_searched_and_joined(void **state)
{
    const struct head *head =
        read_head("GET / HTTP/1.1\r\n" HOST "P: a, bb ,c\r\nQ: z\r\np:\tD\r\n\r\n");
    char out[16];

    (void)state;
    assert_int_equal(head_count(head, "P"), 2);
    assert_true(head_lists(head, "p", "BB") && head_lists(head, "P", "d"));
    assert_false(head_lists(head, "p", "b") || head_lists(head, "p", "z"));
    assert_true(head_lists_exactly(head, "p", "bb") && !head_lists_exactly(head, "p", "BB"));
    assert_int_equal(head_join(head, "p", out, sizeof(out)), 11);
    assert_string_equal(out, "a, bb ,c, D");
    assert_int_equal(head_join(head, "p", out, 12), 11);
    assert_int_equal(head_join(head, "p", out, 11), -1);
    assert_int_equal(head_join(head, "r", out, 1), 0);
    assert_int_equal(head_join(head, "r", out, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(framing_is_strict),
        cmocka_unit_test(bodies_are_told),
        cmocka_unit_test(connections_are_kept_or_closed),
        cmocka_unit_test(only_websocket_is_upgraded_to),
        cmocka_unit_test(lists_are_searched_and_joined),
    };

    return HEAD_RUN(tests);
}
