/* Targets and hosts of requests: what they say, and what is refused. */
#include "head_scene.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_strict),
        cmocka_unit_test(targets_are_taken_apart),
        cmocka_unit_test(hosts_are_strict),
    };

    return HEAD_RUN(tests);
}
