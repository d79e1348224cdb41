/* Origins: what is one, and which may connect. */
#include "unit.h"

#include "net/origin.h"

#define LIST                                                                                       \
    "https://example.org, http://dev.example.org:3000 https://[2001:db8::1]:8443 app://live"

static void expect(const char *list, const char *origin, const char *host, bool is_allowed)
{
    if (origin_is_allowed(list, origin, host) != is_allowed)
        fail_msg("list \"%s\", origin \"%s\", host \"%s\"", list, origin, host);
}

static void without_a_list_any_page_may(void **state)
{
    (void)state;
    expect("", "https://elsewhere.example", "relay.example", true);
    expect("", "null", "relay.example", true);
}

static void a_list_is_compared_exactly(void **state)
{
    (void)state;
    expect(LIST, "https://example.org", "relay.example", true);
    expect(LIST, "http://dev.example.org:3000", "relay.example", true);
    expect(LIST, "https://[2001:db8::1]:8443", "relay.example", true);
    expect(LIST, "app://live", "relay.example", true);

    expect(LIST, "http://example.org", "relay.example", false);
    expect(LIST, "https://example.org:8443", "relay.example", false);
    expect(LIST, "https://www.example.org", "relay.example", false);
    expect(LIST, "https://example.org.evil.example", "relay.example", false);
    expect(LIST, "https://evilexample.org", "relay.example", false);
    expect(LIST, "https://example.or", "relay.example", false);
    expect(LIST, "http://dev.example.org", "relay.example", false);
    expect(LIST, "http://dev.example.org:30000", "relay.example", false);
    expect(LIST, "https://[2001:db8::2]:8443", "relay.example", false);
    expect(LIST, "app://live:1", "relay.example", false);
}

static void case_and_the_port_of_the_scheme_make_no_difference(void **state)
{
    (void)state;
    expect(LIST, "HTTPS://Example.ORG", "relay.example", true);
    expect(LIST, "https://example.org:443", "relay.example", true);
    expect("https://example.org:443", "https://example.org", "relay.example", true);
    expect(LIST, "https://example.org:80", "relay.example", false);
}

static void a_page_of_the_host_itself_may(void **state)
{
    (void)state;
    expect(LIST, "https://relay.example", "relay.example", true);
    expect(LIST, "https://relay.example", "relay.example:443", true);
    expect(LIST, "http://relay.example", "Relay.example", true);
    expect(LIST, "http://127.0.0.1:8080", "127.0.0.1:8080", true);
    expect(LIST, "http://[::1]:8080", "[::1]:8080", true);

    expect(LIST, "http://127.0.0.1:8081", "127.0.0.1:8080", false);
    expect(LIST, "http://127.0.0.1", "127.0.0.1:8080", false);
    expect(LIST, "http://relay.example", "relay.example:443", false);
    expect(LIST, "https://relay.example", "relay.example.evil.example", false);
    expect(LIST, "app://relay.example", "relay.example", false);
    expect(LIST, "https://relay.example", "", false);
}

static void what_is_no_origin_may_not(void **state)
{
    static const char *const wrong[] = {
        "",
        "null",
        "example.org",
        "://example.org",
        "https://",
        "https:/example.org",
        "https://example.org/",
        "https://example.org, https://example.org",
        "https://user@example.org",
        "https://example.org:",
        "https://example.org:0",
        "https://example.org:65979", /* 443, if it were cut to 16 bits */
        "https://example.org:4294967739",
        "https://example.org:443x",
        "https://[2001:db8::1:8443",
        "https://*.example.org",
    };
    size_t length;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        expect(LIST, wrong[i], "example.org", false);
        if (*wrong[i] && !strchr(wrong[i], ',') && origin_find_wrong(wrong[i], &length) != wrong[i])
            fail_msg("\"%s\" passes as an origin", wrong[i]);
    }
}

static void a_wrong_word_of_the_list_is_found(void **state)
{
    const char *list = "https://a.example  example.org,http://b.example";
    size_t length = 0;

    (void)state;
    assert_null(origin_find_wrong("", &length));
    assert_null(origin_find_wrong(LIST, &length));
    assert_ptr_equal(origin_find_wrong(list, &length), strstr(list, "example.org"));
    assert_int_equal(length, strlen("example.org"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_list_any_page_may),
        cmocka_unit_test(a_list_is_compared_exactly),
        cmocka_unit_test(case_and_the_port_of_the_scheme_make_no_difference),
        cmocka_unit_test(a_page_of_the_host_itself_may),
        cmocka_unit_test(what_is_no_origin_may_not),
        cmocka_unit_test(a_wrong_word_of_the_list_is_found),
    };

    return UNIT_RUN(tests);
}
