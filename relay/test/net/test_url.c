/* Addresses of relays, as options name them. */
#include "unit.h"

#include "net/url.h"

static void parts_are_found(void **state)
{
    struct url url;

    (void)state;
    assert_true(url_parse(&url, "ws://127.0.0.1:8080", 19));
    assert_false(url.is_secure);
    assert_string_equal(url.host, "127.0.0.1");
    assert_string_equal(url.authority, "127.0.0.1:8080");
    assert_string_equal(url.path, "/ws");
    assert_int_equal(url.port, 8080);
    assert_true(url_parse(&url, "wss://[2001:db8::1]/x/y", 23));
    assert_true(url.is_secure);
    assert_string_equal(url.host, "2001:db8::1");
    assert_string_equal(url.authority, "[2001:db8::1]");
    assert_string_equal(url.path, "/x/y");
    assert_int_equal(url.port, 443);
}

static void others_are_refused(void **state)
{
    static const char *const bad[] = {"",           "relay",       "http://relay", "ws://",
                                      "ws://a:0",   "ws://a:",     "ws://a:65536", "ws://me@a",
                                      "ws://a/?x",  "ws://a/#x",   "ws://[::1",    "ws://a b",
                                      "ws://a:80x", "ws://a\n/ws", "ws://[x]"};
    struct url url;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (url_parse(&url, bad[i], strlen(bad[i])))
            fail_msg("taken: %s", bad[i]);
}

static void a_list_is_looked_through(void **state)
{
    const char *list = "ws://a, wss://b:1 ";
    size_t length;

    (void)state;
    assert_null(url_find_wrong(list, &length));
    assert_memory_equal(url_next(&list, &length), "ws://a", 6);
    assert_int_equal(length, 6);
    assert_memory_equal(url_next(&list, &length), "wss://b:1", 9);
    assert_null(url_next(&list, &length));
    assert_string_equal(url_find_wrong("ws://a,b", &length), "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_found),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(a_list_is_looked_through),
    };

    return UNIT_RUN(tests);
}
