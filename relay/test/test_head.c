/* Heads of requests: what they say, what is refused, and that no cutting changes it. */
#include <stdio.h>

#include "door/head_reader.h"
#include "unit.h"

#define HOST "Host: x\r\n"
#define REST " HTTP/1.1\r\n" HOST "\r\n"

struct reading {
    struct head_reader reader;
    struct head head;
    enum head_result result;
    size_t taken; /* of all bytes */
    char *bytes;
};

/* In pieces of that many bytes; each in memory of its own, so that nothing is read behind it. */
static void read_pieces(struct reading *reading, const char *text, size_t length, size_t piece)
{
    memset(reading, 0, sizeof(*reading));
    for (size_t at = 0; at < length;) {
        size_t count = piece < length - at ? piece : length - at, taken;

        free(reading->bytes);
        reading->bytes = malloc(count);
        assert_non_null(reading->bytes);
        memcpy(reading->bytes, text + at, count);
        reading->result =
            head_read(&reading->reader, &reading->head, reading->bytes, count, &taken);
        reading->taken += taken;
        at += count;
        if (reading->result != HEAD_MORE)
            return;
        assert_int_equal(taken, count);
    }
}

static void end_reading(struct reading *reading)
{
    head_reader_clear(&reading->reader);
    free(reading->bytes);
}

static void assert_same(const struct reading *one, const struct reading *other)
{
    assert_int_equal(one->result, other->result);
    if (one->result == HEAD_MORE)
        return;
    assert_int_equal(one->taken, other->taken);
    if (one->result == HEAD_REFUSED) {
        assert_int_equal(one->head.status, other->head.status);
        assert_string_equal(one->head.reason, other->head.reason);
        return;
    }
    assert_int_equal(one->head.length, other->head.length);
    assert_string_equal(one->head.path, other->head.path);
    assert_string_equal(one->head.query, other->head.query);
    assert_string_equal(one->head.host, other->head.host);
    assert_int_equal(one->head.field_count, other->head.field_count);
    for (unsigned i = 0; i < one->head.field_count; i++) {
        assert_string_equal(one->head.bytes + one->head.names[i],
                            other->head.bytes + other->head.names[i]);
        assert_string_equal(one->head.bytes + one->head.values[i],
                            other->head.bytes + other->head.values[i]);
    }
}

/* As one piece; in pieces of every size it is the same. */
static void read_bytes(struct reading *reading, const char *text, size_t length)
{
    read_pieces(reading, text, length, length);
    for (size_t piece = 1; piece < length && piece < 80; piece++) {
        struct reading other;

        read_pieces(&other, text, length, piece);
        assert_same(reading, &other);
        end_reading(&other);
    }
}

static struct reading last;

static const struct head *read_head(const char *text)
{
    end_reading(&last);
    read_bytes(&last, text, strlen(text));
    if (last.result != HEAD_DONE)
        fail_msg("result %d, status %u (%s): %s", last.result, last.head.status,
                 last.head.reason ? last.head.reason : "", text);
    return &last.head;
}

static unsigned status_of_bytes(const char *text, size_t length)
{
    end_reading(&last);
    read_bytes(&last, text, length);
    if (last.result == HEAD_REFUSED)
        assert_true(last.head.reason && !head_reader_has_begun(&last.reader));
    return last.result == HEAD_REFUSED ? last.head.status : last.result == HEAD_DONE ? 200 : 0;
}

static void assert_status_at(int line, const char *text, unsigned status)
{
    unsigned got = status_of_bytes(text, strlen(text));

    if (got != status)
        fail_msg("line %d: %u instead of %u (%s): %s", line, got, status,
                 got >= 400 ? last.head.reason : "", text);
}
#define assert_status(text, status) assert_status_at(__LINE__, text, status)

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

static void targets_are_strict(void **state)
{
    static const char *const wrong[] = {
        "x",         "?x",           "/a#b",        "/#",           "/a b",
        "/%",        "/%2",          "/%zz",        "/%00",         "/?%00",
        "/?%2",      "/?a#b",        "/\x01",       "/\x7f",        "/\xc3\xa9",
        "/\"",       "/<a>",         "/a{b}",       "/a|b",         "/a\\b",
        "/a^b",      "/`",           "*",           "http:/x/",     "http://",
        "http:///a", "http://me@x/", "http://x:y/", "http://[::1/", "ftp://x/",
        "x:80",      "//%",          "http://x/#a", "http://x?%",   "http://x?#",
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(text, sizeof(text), "GET %s" REST, wrong[i]);
        assert_status(text, 400);
    }
    assert_status("CONNECT /" REST, 400);
    assert_status("CONNECT x" REST, 400);
    assert_status("CONNECT x:" REST, 400);
    assert_status("CONNECT [::1]" REST, 400);
    assert_status("CONNECT http://x/" REST, 400);
    assert_status("CONNECT *" REST, 400);
}

static void assert_target(const char *target, const char *path, const char *query, const char *host)
{
    char text[256];
    const struct head *head;

    snprintf(text, sizeof(text), "GET %s" REST, target);
    head = read_head(text);
    assert_string_equal(head->path, path);
    assert_string_equal(head->query, query);
    assert_string_equal(head->host, host);
}

static void targets_are_taken_apart(void **state)
{
    (void)state;
    assert_target("/", "/", "", "x");
    assert_target("/?", "/", "", "x");
    assert_target("/a?b?c/../%41", "/a", "b?c/../%41", "x");
    assert_target("/?{a|b}[`^\\]", "/", "{a|b}[`^\\]", "x");
    assert_target("/%61%2F%2f%25%0a%7f%C3%a9", "/a%2F%2F%25%0A%7F\xc3\xa9", "", "x");
    assert_target("/a/./b/../c", "/a/c", "", "x");
    assert_target("/a/b/..", "/a/", "", "x");
    assert_target("/a/.", "/a/", "", "x");
    assert_target("/../../a", "/a", "", "x");
    assert_target("/%2e%2E/a/.%2e/b", "/b", "", "x");
    assert_target("/a/..%2Fb", "/a/..%2Fb", "", "x");
    assert_target("/...", "/...", "", "x");
    assert_target("//a", "//a", "", "x");
    assert_target("/..//a", "//a", "", "x");
    assert_target("/a//../b", "/a/b", "", "x");
    assert_target("http://y", "/", "", "y");
    assert_target("HTTPS://y:8443?a=b", "/", "a=b", "y:8443");
    assert_target("http://y/a?b", "/a", "b", "y");
    assert_target("http://[::1]:80/a/../b", "/b", "", "[::1]:80");
    assert_string_equal(read_head("OPTIONS *" REST)->path, "*");
    assert_string_equal(read_head("OPTIONS http://y" REST)->path, "*");
    assert_string_equal(read_head("OPTIONS http://y/" REST)->path, "/");
    assert_string_equal(read_head("CONNECT y:443" REST)->host, "y:443");
    assert_string_equal(read_head("CONNECT y:443" REST)->path, "");
}

static void hosts_are_strict(void **state)
{
    static const char *const right[] = {"x",         "x:",    "x:80",     "X.Example:65535",
                                        "127.0.0.1", "[::1]", "[::1]:80", "a_b-c~%41",
                                        "x:00080"};
    static const char *const wrong[] = {"",
                                        ":80",
                                        "x:y",
                                        "x:65536",
                                        "x:-1",
                                        "x y",
                                        "x/",
                                        "me@x",
                                        "::1",
                                        "[::1",
                                        "[x]",
                                        "[]",
                                        "x%",
                                        "x%00",
                                        "\xc3\xa9",
                                        "x,y z",
                                        "[::1]x",
                                        "http://x",
                                        "x:99999999999999999999"};
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", right[i]);
        assert_string_equal(read_head(text)->host, right[i]);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", wrong[i]);
        assert_status(text, 400);
    }
    assert_status("GET / HTTP/1.1\r\n\r\n", 400);
    assert_status("GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400);
    assert_status("GET / HTTP/1.0\r\n" HOST HOST "\r\n", 400);
    assert_status("GET http://y/ HTTP/1.1\r\n\r\n", 400);
    assert_status("GET http://y/ HTTP/1.1\r\nHost: me@x\r\n\r\n", 400);
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
        cmocka_unit_test(a_request_is_understood),
        cmocka_unit_test(what_follows_is_left),
        cmocka_unit_test(every_beginning_needs_more),
        cmocka_unit_test(lines_end_as_they_must),
        cmocka_unit_test(request_lines_are_strict),
        cmocka_unit_test(targets_are_strict),
        cmocka_unit_test(targets_are_taken_apart),
        cmocka_unit_test(hosts_are_strict),
        cmocka_unit_test(fields_are_strict),
        cmocka_unit_test(framing_is_strict),
        cmocka_unit_test(bodies_are_told),
        cmocka_unit_test(connections_are_kept_or_closed),
        cmocka_unit_test(only_websocket_is_upgraded_to),
        cmocka_unit_test(lists_are_searched_and_joined),
        cmocka_unit_test(sizes_are_bounded),
    };
    int failed = UNIT_RUN(tests);

    end_reading(&last);
    return failed;
}
