/* A shared body: a copy that stays until its last user has let go of it. */
#include "unit.h"

#include "base/body.h"

static void a_body_is_a_copy(void **state)
{
    char bytes[] = "text";
    struct body *body = body_new(bytes, 4);

    (void)state;
    assert_non_null(body);
    memset(bytes, 'x', 4);
    assert_int_equal(body->length, 4);
    assert_memory_equal(body->bytes, "text", 4);
    body_release(body);
}

static void a_body_stays_for_its_last_user(void **state)
{
    struct body *body = body_new("text", 4);

    (void)state;
    assert_non_null(body);
    assert_ptr_equal(body_use(body), body);
    body_release(body);
    assert_int_equal(body->users, 1);
    assert_int_equal(body_total(), 4);
    assert_memory_equal(body->bytes, "text", 4);
    body_release(body);
}

static void a_body_may_be_empty_or_none(void **state)
{
    struct body *body = body_new(NULL, 0);

    (void)state;
    assert_non_null(body);
    assert_int_equal(body->length, 0);
    body_release(body);
    body_release(NULL);
    assert_int_equal(body_total(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_is_a_copy),
        cmocka_unit_test(a_body_stays_for_its_last_user),
        cmocka_unit_test(a_body_may_be_empty_or_none),
    };

    return UNIT_RUN(tests);
}
