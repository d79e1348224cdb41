/* Outboxes: what a slow client has not taken, in order, without copies of what is shared. */
#include "unit.h"

#include "door/outbox.h"

#define NOW INT64_C(1000000)

static void expect_next(const struct outbox *outbox, size_t bytes_max, const char *expected)
{
    struct span next = outbox_next(outbox, bytes_max);

    assert_int_equal(next.length, strlen(expected));
    if (next.length > 0)
        assert_memory_equal(next.bytes, expected, next.length);
}

static void parts_come_out_in_their_order(void **state)
{
    struct outbox *outbox = outbox_new(NOW);
    struct body *body = body_new("0123456789", 10);

    (void)state;
    assert_non_null(outbox);
    assert_true(outbox_add_copy(outbox, "head", 4));
    assert_true(outbox_add(outbox, body, 3, 5));
    assert_true(outbox_add_copy(outbox, "", 0));
    expect_next(outbox, 100, "head");
    outbox_advance(outbox, 1);
    expect_next(outbox, 2, "ea");
    outbox_advance(outbox, 3);
    expect_next(outbox, 100, "34567");
    outbox_advance(outbox, 5);
    expect_next(outbox, 100, "");
    outbox_free(outbox);
    body_release(body);
}

/* A thousand clients that are being sent one body hold no copy of it. */
static void a_body_is_shared(void **state)
{
    struct outbox *outboxes[1000];
    struct body *body = body_new("0123456789", 10);
    size_t before = body_total();

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        outboxes[i] = outbox_new(NOW);
        assert_true(outbox_add(outboxes[i], body, 0, 10));
    }
    assert_int_equal(body_total(), before);
    body_release(body);
    for (size_t i = 0; i < 1000; i++)
        outbox_free(outboxes[i]);
    assert_int_equal(body_total(), before - 10);
}

static void a_client_has_to_take_something(void **state)
{
    struct outbox *outbox = outbox_new(NOW);
    char bytes[2 * OUTBOX_BYTES_PER_S] = {0};

    (void)state;
    assert_true(outbox_add_copy(outbox, bytes, sizeof(bytes)));
    assert_false(outbox_is_too_slow(outbox, NOW + OUTBOX_GRACE_MS));
    assert_true(outbox_is_too_slow(outbox, NOW + OUTBOX_GRACE_MS + 1000));
    outbox_advance(outbox, OUTBOX_BYTES_PER_S);
    assert_false(outbox_is_too_slow(outbox, NOW + OUTBOX_GRACE_MS + 1000));
    assert_true(outbox_is_too_slow(outbox, NOW + OUTBOX_GRACE_MS + 2000));
    outbox_free(outbox);
    outbox_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_out_in_their_order),
        cmocka_unit_test(a_body_is_shared),
        cmocka_unit_test(a_client_has_to_take_something),
    };

    return UNIT_RUN(tests);
}
