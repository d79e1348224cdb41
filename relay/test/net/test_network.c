/* Networks: what is one, and which addresses are in it. */
#include "unit.h"

#include <stdio.h>

#include "net/address.h"
#include "net/network.h"

/* Whether the list, in which nothing is wrong, has the address. */
static bool has(const char *list, const char *text)
{
    struct networks networks;
    struct in6_addr address;
    size_t length;
    bool is_in;

    assert_null(networks_find_wrong(list, &length));
    assert_true(networks_read(&networks, list));
    assert_true(address_parse(text, strlen(text), &address));
    is_in = networks_have(&networks, &address);
    networks_free(&networks);
    return is_in;
}

static void a_network_has_what_begins_like_it(void **state)
{
    (void)state;
    assert_true(has("10.0.0.0/8", "10.255.255.255"));
    assert_false(has("10.0.0.0/8", "11.0.0.0"));
    assert_true(has("192.0.2.128/25", "192.0.2.128"));
    assert_false(has("192.0.2.128/25", "192.0.2.127"));
    assert_true(has("192.0.2.6/31", "192.0.2.7"));
    assert_false(has("192.0.2.6/31", "192.0.2.8"));
    assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(has("2001:db8::1/128", "2001:db8::1"));
    assert_false(has("2001:db8::1/128", "2001:db8::2"));
}

static void without_a_length_it_is_one_address(void **state)
{
    (void)state;
    assert_true(has("192.0.2.1", "192.0.2.1"));
    assert_false(has("192.0.2.1", "192.0.2.2"));
    assert_true(has("::1", "::1"));
    assert_false(has("::1", "::2"));
}

static void length_0_is_all_of_its_family(void **state)
{
    (void)state;
    assert_true(has("0.0.0.0/0", "203.0.113.9"));
    assert_false(has("0.0.0.0/0", "2001:db8::1"));
    assert_true(has("::/0", "2001:db8::1"));
}

/* A socket for both families shows IPv4 as IPv6. */
static void ipv4_is_the_same_when_it_comes_as_ipv6(void **state)
{
    (void)state;
    assert_true(has("192.0.2.0/24", "::ffff:192.0.2.7"));
    assert_true(has("::ffff:192.0.2.0/120", "192.0.2.7"));
    assert_false(has("::ffff:192.0.2.0/120", "192.0.3.7"));
}

static void a_list_has_what_one_of_it_has(void **state)
{
    (void)state;
    assert_true(has("10.0.0.0/8, fd00::/8\t192.0.2.1", "192.0.2.1"));
    assert_true(has("10.0.0.0/8, fd00::/8\t192.0.2.1", "fd12::1"));
    assert_false(has("10.0.0.0/8, fd00::/8\t192.0.2.1", "192.0.2.2"));
    assert_false(has("", "192.0.2.2"));
    assert_false(has(" , ", "::"));
}

static void is_wrong(const char *word)
{
    char list[80];
    const char *wrong;
    size_t length;

    snprintf(list, sizeof(list), "10.0.0.0/8,%s ::1", word);
    wrong = networks_find_wrong(list, &length);
    assert_ptr_equal(wrong, list + strlen("10.0.0.0/8,"));
    assert_int_equal(length, strlen(word));
}

static void what_is_no_network_is_named(void **state)
{
    (void)state;
    is_wrong("10.0.0.0/33");
    is_wrong("10.0.0.0/");
    is_wrong("10.0.0.0/8/8");
    is_wrong("10.0.0.0/-1");
    is_wrong("10.0.0.0/+8");
    is_wrong("10.0.0.0/0008");
    is_wrong("10.0.0/8");
    is_wrong("10.1.2.3/8");
    is_wrong("192.0.2.7/31");
    is_wrong("2001:db8::/129");
    is_wrong("2001:db8::1/64");
    is_wrong("::ffff:192.0.2.1/32");
    is_wrong("/8");
    is_wrong("proxy.example.org");
    is_wrong("2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000/32");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_has_what_begins_like_it),
        cmocka_unit_test(without_a_length_it_is_one_address),
        cmocka_unit_test(length_0_is_all_of_its_family),
        cmocka_unit_test(ipv4_is_the_same_when_it_comes_as_ipv6),
        cmocka_unit_test(a_list_has_what_one_of_it_has),
        cmocka_unit_test(what_is_no_network_is_named),
    };

    return UNIT_RUN(tests);
}
