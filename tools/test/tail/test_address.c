/* Addresses of relays, and of their pages. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "tail/address.h"

/* The match is NULL where the address names none. */
static void assert_address(const char *text, const char *relay, const char *match)
{
    struct address address;

    assert_true(address_read(&address, text));
    assert_string_equal(address.relay, relay);
    assert_string_equal(address.match ? address.match : "none", match ? match : "none");
    free(address.relay);
    free(address.match);
}

static void a_relay_is_named_with_or_without_its_path(void **state)
{
    (void)state;
    assert_address("http://127.0.0.1:8080", "http://127.0.0.1:8080", NULL);
    assert_address("https://example.org/", "https://example.org", NULL);
    assert_address("https://example.org/scores//", "https://example.org/scores", NULL);
    assert_address("https://example.org/match", "https://example.org/match", NULL);
    assert_address("http://[::1]:8080/", "http://[::1]:8080", NULL);
}

static void the_page_of_a_match_names_both(void **state)
{
    static const char *const pages[] = {
        "#match=7", "#match=7&seq=58", "?match=7", "?a=b&match=7#",      "?a#match=7",
        "match/7",  "match/7/",        "embed/7",  "embed/7?theme=dark", "match/7#seq=58"};

    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        char text[100];

        (void)snprintf(text, sizeof text, "https://example.org/%s", pages[i]);
        assert_address(text, "https://example.org", "7");
        (void)snprintf(text, sizeof text, "https://example.org/live/%s", pages[i]);
        assert_address(text, "https://example.org/live", "7");
    }
}

/* Those that are cut off are not shown in any message. */
static void what_else_stands_behind_it_is_dropped(void **state)
{
    (void)state;
    assert_address("https://example.org/?utm_source=x", "https://example.org", NULL);
    assert_address("https://example.org/#token=secret", "https://example.org", NULL);
    assert_address("https://example.org/#match=lobby", "https://example.org", NULL);
    assert_address("https://example.org/?rematch=7", "https://example.org", NULL);
    assert_address("https://example.org/#match=99999999999999999999", "https://example.org", NULL);
    assert_address("https://example.org/match/", "https://example.org/match", NULL);
    assert_address("https://example.org/match/x", "https://example.org/match/x", NULL);
    assert_address("https://example.org/rematch/7", "https://example.org/rematch/7", NULL);
}

static void other_addresses_are_refused(void **state)
{
    static const char *const wrong[] = {"", "example.org", "ftp://x", "wss://example.org/ws"};
    struct address address;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(address_read(&address, wrong[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_relay_is_named_with_or_without_its_path),
        cmocka_unit_test(the_page_of_a_match_names_both),
        cmocka_unit_test(what_else_stands_behind_it_is_dropped),
        cmocka_unit_test(other_addresses_are_refused),
    };

    return UNIT_RUN(tests);
}
