/* A run: framed entries, dropped from the oldest, sent in whole entries only. */
#include "unit.h"

#include "wire/run.h"

#define BODY 98 /* framed: 100 bytes */

static void append(struct run *run, size_t length)
{
    char *body = malloc(length + 1);

    assert_non_null(body);
    memset(body, 'a' + (int)(run->next_seq % 26), length);
    assert_true(run_append(run, body, length));
    free(body);
}

static struct run run_of(size_t limit, int entries)
{
    struct run run;

    run_init(&run, limit);
    for (int i = 0; i < entries; i++)
        append(&run, BODY);
    return run;
}

static void entries_are_framed_one_behind_the_other(void **state)
{
    struct run run = run_of(4096, 3);

    (void)state;
    assert_int_equal(run.head - run.tail, 300);
    assert_int_equal(run_at(&run, run_offset(&run, 2))[0], 0x81);
    assert_int_equal(run_at(&run, run_offset(&run, 2))[1], BODY);
    assert_int_equal(run_at(&run, run_offset(&run, 2))[2], 'c');
    assert_int_equal(run_offset(&run, 4), run.head);
    run_free(&run);
}

static void beyond_the_limit_the_oldest_are_dropped(void **state)
{
    struct run run = run_of(1000, 10);

    (void)state;
    assert_int_equal(run.first_seq, 1);
    append(&run, BODY);
    assert_true(run.first_seq > 1);
    assert_true(run.head - run.tail <= 1000);
    assert_int_equal(run_offset(&run, run.first_seq), run.tail);
    assert_int_equal(run_at(&run, run.tail)[2], 'a' + (int)(run.first_seq % 26));
    for (int i = 0; i < 1000; i++)
        append(&run, BODY);
    assert_int_equal(run.next_seq, 1012);
    assert_true(run.capacity <= 1000);
    for (int64_t seq = run.first_seq; seq < run.next_seq; seq++)
        assert_int_equal(run_at(&run, run_offset(&run, seq))[2], 'a' + (int)(seq % 26));
    run_free(&run);
}

static void offsets_only_grow(void **state)
{
    struct run run = run_of(1000, 10);
    uint64_t cursor = run_offset(&run, 2);

    (void)state;
    for (int i = 0; i < 20; i++)
        append(&run, BODY);
    assert_true(cursor < run.tail);
    cursor = run.head;
    run_reset(&run, 7);
    assert_true(cursor < run.tail);
    assert_int_equal(run.first_seq, 7);
    append(&run, BODY);
    assert_int_equal(run_offset(&run, 7), run.tail);
    run_free(&run);
}

static void the_newest_is_kept_even_above_the_limit(void **state)
{
    struct run run = run_of(1000, 5);

    (void)state;
    append(&run, 5000);
    assert_int_equal(run.first_seq, 6);
    assert_int_equal(run.head - run.tail, 5004);
    append(&run, BODY);
    assert_int_equal(run.first_seq, 7);
    assert_int_equal(run_at(&run, run.tail)[1], BODY);
    run_free(&run);
}

static void without_memory_the_oldest_make_room(void **state)
{
    struct run run = run_of(1 << 20, 10);
    size_t capacity = run.capacity;

    (void)state;
    assert_true(run_make_do(&run, BODY));
    assert_true(run.first_seq > 1);
    assert_true(run.first_seq < run.next_seq);
    append(&run, BODY);
    assert_int_equal(run.next_seq, 12);
    assert_int_equal(run.capacity, capacity);
    assert_false(run_make_do(&run, capacity));
    run_reset(&run, 1);
    assert_false(run_make_do(&run, BODY));
    run_free(&run);
}

static void a_span_is_whole_entries_that_fit(void **state)
{
    struct run run = run_of(4096, 10);

    (void)state;
    assert_int_equal(run_span(&run, run.tail, 1000), 1000);
    assert_int_equal(run_span(&run, run.tail, 999), 900);
    assert_int_equal(run_span(&run, run.tail, 900), 900);
    assert_int_equal(run_span(&run, run.tail, 100), 100);
    assert_int_equal(run_span(&run, run_offset(&run, 9), 150), 100);
    assert_int_equal(run_span(&run, run.head, 100), 0);
    run_free(&run);
}

static void a_span_is_one_entry_when_none_fits(void **state)
{
    struct run run = run_of(4096, 10);

    (void)state;
    assert_int_equal(run_span(&run, run.tail, 99), 100);
    assert_int_equal(run_span(&run, run.tail, 1), 100);
    assert_int_equal(run_span(&run, run_offset(&run, 10), 1), 100);
    run_free(&run);
}

static void entries_between_offsets_are_counted(void **state)
{
    struct run run = run_of(4096, 5);
    uint64_t second = run_offset(&run, 2);

    (void)state;
    assert_int_equal(run_entries(&run, run.tail, run.head), 5);
    assert_int_equal(run_entries(&run, second, run.head), 4);
    assert_int_equal(run_entries(&run, second, run_offset(&run, 3)), 1);
    append(&run, BODY);
    assert_int_equal(run_entries(&run, second, run.head), 5);
    assert_int_equal(run_entries(&run, run.head, run.head), 0);
    run_reset(&run, 1);
    append(&run, BODY);
    assert_int_equal(run_entries(&run, run.tail, run.head), 1);
    run_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_framed_one_behind_the_other),
        cmocka_unit_test(beyond_the_limit_the_oldest_are_dropped),
        cmocka_unit_test(offsets_only_grow),
        cmocka_unit_test(the_newest_is_kept_even_above_the_limit),
        cmocka_unit_test(without_memory_the_oldest_make_room),
        cmocka_unit_test(a_span_is_whole_entries_that_fit),
        cmocka_unit_test(a_span_is_one_entry_when_none_fits),
        cmocka_unit_test(entries_between_offsets_are_counted),
    };

    return UNIT_RUN(tests);
}
