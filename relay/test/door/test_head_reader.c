/* Reading heads: lines, pieces, bounds, and that no cutting changes anything. */
#include "head_scene.h"

static void a_request_is_understood(void **state)
{
    const struct head *head = read_head("GET /matches/7/commentary?since=41&limit=5 HTTP/1.1\r\n"
                                        "Host: relay.example:8080\r\nAccept:*/*\r\n"
                                        "X-Empty:\r\nX-Blank: \t a \t b \t\r\n\r\n");

    (void)state;
    assert_int_equal(head->method, METHOD_GET);
    assert_string_equal(head->path, "/matches/7/commentary");
    assert_string_equal(head->query, "since=41&limit=5");
    assert_string_equal(head->host, "relay.example:8080");
    assert_string_equal(head_field(head, "accept"), "*/*");
    assert_string_equal(head_field(head, "X-EMPTY"), "");
    assert_string_equal(head_field(head, "x-blank"), "a \t b");
    assert_null(head_field(head, "x-non"));
    assert_true(head->is_kept && !head->is_old && !head->has_body && !head->wants_websocket);
}

static void what_follows_is_left(void **state)
{
    static const char first[] = "GET /a" REST, second[] = "GET /b" REST;
    char both[sizeof(first) + sizeof(second)];

    (void)state;
    snprintf(both, sizeof(both), "%s%s", first, second);
    for (size_t piece = 1; piece < sizeof(both); piece++) {
        struct reading reading;

        read_pieces(&reading, both, strlen(both), piece);
        assert_int_equal(reading.result, HEAD_DONE);
        assert_int_equal(reading.taken, strlen(first));
        assert_int_equal(reading.head.length, strlen(first));
        end_reading(&reading);
    }
}

static void every_beginning_needs_more(void **state)
{
    static const char text[] = "\r\n\r\nGET /a?b HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n";

    (void)state;
    for (size_t length = 0; length < sizeof(text) - 1; length++)
        assert_int_equal(status_of_bytes(text, length), 0);
    assert_int_equal(status_of_bytes(text, sizeof(text) - 1), 200);
}

static void lines_end_as_they_must(void **state)
{
    (void)state;
    assert_status("GET / HTTP/1.1\nHost: x\n\n", 400);
    assert_status("GET / HTTP/1.1\r\nHost: x\n\r\n", 400);
    assert_status("GET / HTTP/1.1\r\nHost: x\r\r\n\r\n", 400);
    assert_status("GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400);
    assert_status("GET / HTTP/1.1\r\nHost: x\r\n\n", 400);
    assert_status("GET / HTTP/1.1\r\nHost: x\r\n\rx", 400);
    assert_status("\r\n\r\nGET /" REST, 200);
    assert_status("\r\n\r\n\r\nGET /" REST, 400);
    assert_status("\nGET /" REST, 400);
    assert_status("\rGET /" REST, 400);
    assert_status(" GET /" REST, 400);
}

static void request_lines_are_strict(void **state)
{
    (void)state;
    assert_status("GET  /" REST, 400);
    assert_status("GET / " REST, 400);
    assert_status("GET\t/" REST, 400);
    assert_status("GET / HTTP/1.1 \r\n", 400);
    assert_status("GET /\r\n", 400);
    assert_status("GET\r\n", 400);
    assert_status("GET / \r\n", 400);
    assert_status("G@T /" REST, 400);
    assert_status("GET / HTTP/1.1x\r\n", 400);
    assert_status("GET / http/1.1\r\n", 400);
    assert_status("GET / HTTP/11\r\n", 400);
    assert_status("GET / HTTP/1,1\r\n", 400);
    assert_status("GET / HTTP/1.10\r\n", 400);
    assert_status("GET / HTTP/+1.1\r\n", 400);
    assert_status("GET / HTTP/0.9\r\n", 505);
    assert_status("GET / HTTP/2.0\r\n", 505);
    assert_status("GET / HTTP/9.9\r\n", 505);
    assert_status("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
    assert_status("get /" REST, 501);
    assert_status("BREW /" REST, 501);
    assert_status("GETGETGETGETGETGET", 501);
    assert_status("\x16\x03\x01\x02", 400);
    assert_false(read_head("GET /" REST)->is_old);
    assert_false(read_head("GET / HTTP/1.9\r\n" HOST "\r\n")->is_old);
    assert_true(read_head("GET / HTTP/1.0\r\n\r\n")->is_old);
    assert_string_equal(read_head("GET / HTTP/1.0\r\n\r\n")->host, "");
}

static void fields_are_strict(void **state)
{
    static const char *const wrong[] = {
        " A: b",    "\tA: b",  "A : b",      "A\t: b",      ": b",
        "A",        "A b: c",  "A(: b",      "\xc3\xa9: b", "A: b\x01",
        "A: b\x7f", "A: \x0b", "A: b\r\n c", "A: b\r\n\tc", "A: b\x1b",
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" HOST "%s\r\n\r\n", wrong[i]);
        assert_status(text, 400);
        snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n%s\r\n" HOST "\r\n", wrong[i]);
        assert_status(text, 400);
    }
    assert_int_equal(status_of_bytes("GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n", 32), 400);
    assert_int_equal(status_of_bytes("GET / HTTP/1.1\r\nHost: x\r\n\0: b\r\n\r\n", 33), 400);
    assert_int_equal(status_of_bytes("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 28), 400);
    assert_string_equal(
        head_field(read_head("GET / HTTP/1.1\r\n" HOST "!#$%&'*+-.^_`|~9: \xff\t\xc3\r\n\r\n"),
                   "!#$%&'*+-.^_`|~9"),
        "\xff\t\xc3");
}

/* A head with a target and a field of so many letters, and so many fields more. */
static unsigned status_of_size(size_t target, size_t field, unsigned fields)
{
    size_t length = 0, room = target + field + fields * 8 + 100;
    char *text = malloc(room);
    struct reading reading;
    unsigned status;

    assert_non_null(text);
    length += (size_t)sprintf(text, "GET /");
    memset(text + length, 'a', target);
    length += target;
    length += (size_t)sprintf(text + length, " HTTP/1.1\r\nHost: x\r\nF:");
    memset(text + length, 'a', field);
    length += field;
    for (unsigned i = 0; i < fields; i++)
        length += (size_t)sprintf(text + length, "\r\na:b");
    length += (size_t)sprintf(text + length, "\r\n\r\n");
    read_pieces(&reading, text, length, length);
    status = reading.result == HEAD_REFUSED ? reading.head.status : 200;
    for (size_t piece = 1; piece < length; piece = piece * 3 + 1) {
        struct reading other;

        read_pieces(&other, text, length, piece);
        assert_same(&reading, &other);
        end_reading(&other);
    }
    end_reading(&reading);
    free(text);
    return status;
}

static void sizes_are_bounded(void **state)
{
    size_t line = HEAD_LINE_MAX - strlen("GET / HTTP/1.1");
    size_t field = HEAD_BYTES_MAX - strlen("GET / HTTP/1.1\r\nHost: x\r\nF:\r\n\r\n");

    (void)state;
    assert_int_equal(status_of_size(line, 1, 0), 200);
    assert_int_equal(status_of_size(line + 1, 1, 0), 414);
    assert_int_equal(status_of_size(100000, 1, 0), 414);
    assert_int_equal(status_of_size(0, field, 0), 200);
    assert_int_equal(status_of_size(0, field + 1, 0), 431);
    assert_int_equal(status_of_size(0, 100000, 0), 431);
    assert_int_equal(status_of_size(0, 1, HEAD_FIELDS_MAX - 2), 200);
    assert_int_equal(status_of_size(0, 1, HEAD_FIELDS_MAX - 1), 431);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_understood),    cmocka_unit_test(what_follows_is_left),
        cmocka_unit_test(every_beginning_needs_more), cmocka_unit_test(lines_end_as_they_must),
        cmocka_unit_test(request_lines_are_strict),   cmocka_unit_test(fields_are_strict),
        cmocka_unit_test(sizes_are_bounded),
    };

    return HEAD_RUN(tests);
}
