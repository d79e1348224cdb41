/* Bytes that grow: what is in stays, and an overflow of memory is told at the end. */
#include "unit.h"

#include "base/buffer.h"

static void has(const struct buffer *buffer, const char *expected)
{
    assert_int_equal(buffer->length, strlen(expected));
    assert_memory_equal(buffer->bytes, expected, buffer->length);
}

static void what_is_in_stays_when_it_grows(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    for (int i = 0; i < 1000; i++)
        buffer_add(&buffer, "0123456789", 10);
    assert_int_equal(buffer.length, 10000);
    assert_true(buffer.capacity < 20000);
    for (size_t i = 0; i < buffer.length; i++)
        assert_int_equal(buffer.bytes[i], '0' + i % 10);
    buffer_free(&buffer);
}

static void one_large_piece_fits_as_well(void **state)
{
    static char large[100000];
    struct buffer buffer = {0};

    (void)state;
    memset(large, 'x', sizeof(large));
    buffer_add_text(&buffer, "a");
    buffer_add(&buffer, large, sizeof(large));
    assert_int_equal(buffer.length, sizeof(large) + 1);
    assert_int_equal(buffer.bytes[sizeof(large)], 'x');
    buffer_free(&buffer);
}

static void nothing_takes_no_memory(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    buffer_add(&buffer, NULL, 0);
    buffer_add_text(&buffer, "");
    assert_null(buffer.bytes);
    assert_false(buffer.is_broken);
}

static void a_cleared_one_keeps_its_memory(void **state)
{
    struct buffer buffer = {0};
    uint8_t *bytes;

    (void)state;
    buffer_add_text(&buffer, "first");
    bytes = buffer.bytes;
    buffer_clear(&buffer);
    buffer_add_text(&buffer, "2");
    assert_ptr_equal(buffer.bytes, bytes);
    has(&buffer, "2");
    buffer_free(&buffer);
    assert_null(buffer.bytes);
    assert_int_equal(buffer.capacity, 0);
}

static void numbers_are_written_whole(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    buffer_add_number(&buffer, INT64_MIN);
    buffer_add_text(&buffer, " ");
    buffer_add_number(&buffer, 0);
    buffer_add_text(&buffer, " ");
    buffer_add_number(&buffer, INT64_MAX);
    has(&buffer, "-9223372036854775808 0 9223372036854775807");
    buffer_free(&buffer);
}

/* The rest of a message whose middle is missing must not go out. */
static void a_broken_one_takes_no_more_until_it_is_cleared(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    buffer_add_text(&buffer, "a");
    buffer.is_broken = true;
    buffer_add_text(&buffer, "b");
    has(&buffer, "a");
    buffer_clear(&buffer);
    buffer_add_text(&buffer, "c");
    assert_false(buffer.is_broken);
    has(&buffer, "c");
    buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_stays_when_it_grows),
        cmocka_unit_test(one_large_piece_fits_as_well),
        cmocka_unit_test(nothing_takes_no_memory),
        cmocka_unit_test(a_cleared_one_keeps_its_memory),
        cmocka_unit_test(numbers_are_written_whole),
        cmocka_unit_test(a_broken_one_takes_no_more_until_it_is_cleared),
    };

    return UNIT_RUN(tests);
}
