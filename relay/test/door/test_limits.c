/* Limits per address: buckets, what counts as one address, and a table that stays small. */
#include "unit.h"

#include <netinet/in.h>

#include "base/bucket.h"
#include "door/limits.h"
#include "net/address.h"

#define NOW INT64_C(1000000)
#define HONEST_VIEWERS 10000

static struct limits limits;

static void begin(int64_t viewers, int64_t connects, size_t addresses)
{
    const struct limits_settings settings = {viewers, connects, addresses};

    assert_true(limits_init(&limits, &settings));
}

static void a_bucket_empties_and_fills(void **state)
{
    struct bucket bucket = {0};

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_true(bucket_take(&bucket, NOW, 10, 5));
    assert_false(bucket_take(&bucket, NOW, 10, 5));
    assert_false(bucket_take(&bucket, NOW + 99, 10, 5));
    assert_true(bucket_take(&bucket, NOW + 100, 10, 5));
    assert_false(bucket_take(&bucket, NOW + 100, 10, 5));
    assert_false(bucket_is_full(&bucket, NOW + 599));
    assert_true(bucket_is_full(&bucket, NOW + 600));
    for (int i = 0; i < 5; i++)
        assert_true(bucket_take(&bucket, NOW + 100000, 10, 5));
    assert_false(bucket_take(&bucket, NOW + 100000, 10, 5));
}

static struct in6_addr address_of(const char *text)
{
    struct in6_addr address;

    assert_true(address_parse(text, strlen(text), &address));
    return address;
}

static int64_t number_of(const char *text)
{
    struct in6_addr address = address_of(text);

    return address_number(&address);
}

static void only_this_machine_has_a_loopback_address(void **state)
{
    static const char *const here[] = {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"};
    static const char *const elsewhere[] = {
        "128.0.0.1", "126.255.255.255", "10.0.0.1",    "0.0.0.0",        "::",
        "::2",       "::ffff:10.0.0.1", "2001:db8::1", "0:ffff:7f00:1::"};

    (void)state;
    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
        struct in6_addr address = address_of(here[i]);

        assert_true(address_is_loopback(&address));
    }
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        struct in6_addr address = address_of(elsewhere[i]);

        if (address_is_loopback(&address))
            fail_msg("%s", elsewhere[i]);
    }
}

static void an_address_is_one_of_ipv4_or_a_64_of_ipv6(void **state)
{
    (void)state;
    assert_int_equal(number_of("192.0.2.1"), number_of("::ffff:192.0.2.1"));
    assert_int_not_equal(number_of("192.0.2.1"), number_of("192.0.2.2"));
    assert_int_equal(number_of("2001:db8:0:7::1"), number_of("2001:db8:0:7:ffff:ffff:ffff:ffff"));
    assert_int_not_equal(number_of("2001:db8:0:7::1"), number_of("2001:db8:0:8::1"));
    assert_int_not_equal(number_of("0.0.0.0"), number_of("::"));
}

static void a_number_is_printed_as_what_it_counts(void **state)
{
    char text[ADDRESS_TEXT_BYTES];

    (void)state;
    address_print(number_of("192.0.2.1"), text);
    assert_string_equal(text, "192.0.2.1");
    address_print(number_of("2001:db8:0:7:1:2:3:4"), text);
    assert_string_equal(text, "2001:db8:0:7::/64");
    address_print(number_of("ffff:ffff:ffff:ffff::1"), text);
    assert_string_equal(text, "ffff:ffff:ffff:ffff::/64");
}

/* A viewer that leaves makes room; other addresses are not concerned. */
static void viewers_are_counted_by_address(void **state)
{
    struct visitor *first, *second;

    (void)state;
    begin(2, 100, 10);
    assert_int_equal(limits_knock(&limits, 7, NOW), LIMITS_WELCOME);
    first = limits_enter(&limits, 7, NOW);
    second = limits_enter(&limits, 7, NOW);
    assert_non_null(first);
    assert_ptr_equal(first, second);
    assert_int_equal(limits_knock(&limits, 7, NOW), LIMITS_TOO_MANY);
    assert_int_equal(limits_knock(&limits, 8, NOW), LIMITS_WELCOME);
    limits_leave(&limits, first);
    assert_int_equal(limits_knock(&limits, 7, NOW), LIMITS_WELCOME);
    limits_leave(&limits, second);
    limits_free(&limits);
}

static void connects_are_counted_by_second(void **state)
{
    (void)state;
    begin(100, 2, 10);
    assert_int_equal(limits_knock(&limits, 7, NOW), LIMITS_WELCOME);
    assert_int_equal(limits_knock(&limits, 7, NOW), LIMITS_WELCOME);
    assert_int_equal(limits_knock(&limits, 7, NOW), LIMITS_TOO_FAST);
    assert_int_equal(limits_knock(&limits, 8, NOW), LIMITS_WELCOME);
    assert_int_equal(limits_knock(&limits, 7, NOW + 500), LIMITS_WELCOME);
    assert_int_equal(limits_knock(&limits, 7, NOW + 500), LIMITS_TOO_FAST);
    limits_free(&limits);
}

/* At the defaults of config.c, and all in one moment. */
static void honest_viewers_behind_one_address_are_welcome(void **state)
{
    (void)state;
    begin(12000, 12000, 10);
    for (int i = 0; i < HONEST_VIEWERS; i++) {
        assert_int_equal(limits_knock(&limits, 7, NOW), LIMITS_WELCOME);
        assert_non_null(limits_enter(&limits, 7, NOW));
    }
    limits_free(&limits);
}

/* A connection counts before it is a viewer, and keeps its address from being forgotten. */
static void connections_are_counted_from_accept_to_close(void **state)
{
    struct visitor *visitors[LIMITS_GUESTS + 2], *another;

    (void)state;
    begin(2, 1, 2);
    for (size_t i = 0; i < LIMITS_GUESTS + 2; i++)
        assert_true(limits_come(&limits, 7, NOW, &visitors[i]));
    assert_false(limits_come(&limits, 7, NOW, &another));
    assert_true(limits_come(&limits, 8, NOW, &another));
    limits_go(&limits, another);
    limits_go(&limits, NULL);
    assert_true(limits_come(&limits, 9, NOW, &another));
    assert_int_equal(limits.visitors.count, 2);
    for (size_t i = 0; i < LIMITS_GUESTS + 2; i++)
        limits_go(&limits, visitors[i]);
    assert_true(limits_come(&limits, 7, NOW, &visitors[0]));
    limits_free(&limits);
}

/* An address with a viewer, or seen in the last second, is not forgotten for another. */
static void a_full_table_lets_further_addresses_in_uncounted(void **state)
{
    struct visitor *viewer;

    (void)state;
    begin(1, 1, 2);
    viewer = limits_enter(&limits, 1, NOW);
    assert_int_equal(limits_knock(&limits, 2, NOW), LIMITS_WELCOME);
    for (int i = 0; i < 3; i++)
        assert_int_equal(limits_knock(&limits, 3, NOW), LIMITS_WELCOME);
    assert_null(limits_enter(&limits, 3, NOW));
    limits_leave(&limits, NULL);
    assert_int_equal(limits.visitors.count, 2);
    assert_int_equal(limits_knock(&limits, 1, NOW), LIMITS_TOO_MANY);
    assert_int_equal(limits_knock(&limits, 2, NOW), LIMITS_TOO_FAST);

    /* A second later number 2 has made room. */
    assert_int_equal(limits_knock(&limits, 3, NOW + 1000), LIMITS_WELCOME);
    assert_int_equal(limits_knock(&limits, 3, NOW + 1000), LIMITS_TOO_FAST);
    limits_leave(&limits, viewer);
    limits_free(&limits);
}

static void those_who_are_gone_are_forgotten(void **state)
{
    (void)state;
    begin(10, 10, 100000);
    for (int64_t i = 0; i < 10000; i++) {
        int64_t now_ms = NOW + i * 10;
        struct visitor *visitor;

        assert_int_equal(limits_knock(&limits, i << 48 | i, now_ms), LIMITS_WELCOME);
        visitor = limits_enter(&limits, i << 48 | i, now_ms);
        assert_non_null(visitor);
        limits_leave(&limits, visitor);
    }
    assert_true(limits.visitors.count < 100);
    limits_free(&limits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_empties_and_fills),
        cmocka_unit_test(only_this_machine_has_a_loopback_address),
        cmocka_unit_test(an_address_is_one_of_ipv4_or_a_64_of_ipv6),
        cmocka_unit_test(a_number_is_printed_as_what_it_counts),
        cmocka_unit_test(viewers_are_counted_by_address),
        cmocka_unit_test(connects_are_counted_by_second),
        cmocka_unit_test(connections_are_counted_from_accept_to_close),
        cmocka_unit_test(honest_viewers_behind_one_address_are_welcome),
        cmocka_unit_test(a_full_table_lets_further_addresses_in_uncounted),
        cmocka_unit_test(those_who_are_gone_are_forgotten),
    };

    return UNIT_RUN(tests);
}
