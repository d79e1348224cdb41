/* X-Forwarded-For: which address counts, and that a client cannot choose its own. */
#include "unit.h"

#include "net/address.h"
#include "net/forwarded.h"

#define TRUSTED "10.0.0.0/8 fd00::/8"

static int64_t number_of(const char *text)
{
    struct in6_addr address;

    assert_true(address_parse(text, strlen(text), &address));
    return address_number(&address);
}

static void is_client(const char *peer, const char *header, const char *expected)
{
    struct networks trusted;
    struct in6_addr address;
    char text[ADDRESS_TEXT_BYTES];

    assert_true(networks_read(&trusted, TRUSTED));
    assert_true(address_parse(peer, strlen(peer), &address));
    address = forwarded_client(&trusted, address, header);
    address_print(address_number(&address), text);
    if (address_number(&address) != number_of(expected))
        fail_msg("\"%s\" from %s is %s, not %s", header, peer, text, expected);
    networks_free(&trusted);
}

static void a_trusted_proxy_tells_who_is_behind_it(void **state)
{
    (void)state;
    is_client("10.0.0.1", "203.0.113.9", "203.0.113.9");
    is_client("10.0.0.1", " \t203.0.113.9 \t", "203.0.113.9");
    is_client("10.0.0.1", "2001:db8::9", "2001:db8::9");
    is_client("fd00::1", "203.0.113.9", "203.0.113.9");
    is_client("::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9");
}

static void nobody_else_does(void **state)
{
    (void)state;
    is_client("198.51.100.7", "203.0.113.9", "198.51.100.7");
    is_client("2001:db8::7", "203.0.113.9", "2001:db8::7");
    is_client("198.51.100.7", "10.0.0.1", "198.51.100.7");
}

static void without_a_header_the_peer_counts(void **state)
{
    (void)state;
    is_client("10.0.0.1", "", "10.0.0.1");
}

/* What the client itself has sent stands left of what the proxy knows. */
static void what_the_client_invents_does_not_count(void **state)
{
    (void)state;
    is_client("10.0.0.1", "192.0.2.66, 203.0.113.9", "203.0.113.9");
    is_client("10.0.0.1", "10.0.0.9,203.0.113.9", "203.0.113.9");
    is_client("10.0.0.1", "nonsense,,203.0.113.9", "203.0.113.9");
}

static void proxies_behind_proxies_are_passed_by(void **state)
{
    (void)state;
    is_client("10.0.0.1", "192.0.2.66, 203.0.113.9, 10.0.0.3,fd00::2 ,10.0.0.2", "203.0.113.9");
    is_client("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3");
}

static void a_port_is_left_out(void **state)
{
    (void)state;
    is_client("10.0.0.1", "203.0.113.9:4711", "203.0.113.9");
    is_client("10.0.0.1", "[2001:db8::9]:4711", "2001:db8::9");
    is_client("10.0.0.1", "[2001:db8::9]", "2001:db8::9");
}

/* The last one that is known to be true is the proxy. */
static void what_is_no_address_stops_at_the_proxy(void **state)
{
    const char *wrong[] = {"unknown",
                           "_hidden",
                           "203.0.113.9 203.0.113.8",
                           "203.0.113.256",
                           ",",
                           "203.0.113.9,",
                           "[2001:db8::9",
                           "[]",
                           ":",
                           "2001:db8::9:x",
                           "203.0.113.9\x01"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        is_client("10.0.0.1", wrong[i], "10.0.0.1");
    is_client("10.0.0.1", "203.0.113.9, unknown, 10.0.0.2", "10.0.0.2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trusted_proxy_tells_who_is_behind_it),
        cmocka_unit_test(nobody_else_does),
        cmocka_unit_test(without_a_header_the_peer_counts),
        cmocka_unit_test(what_the_client_invents_does_not_count),
        cmocka_unit_test(proxies_behind_proxies_are_passed_by),
        cmocka_unit_test(a_port_is_left_out),
        cmocka_unit_test(what_is_no_address_stops_at_the_proxy),
    };

    return UNIT_RUN(tests);
}
