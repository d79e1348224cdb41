/* The hash table, beside a plain array that cannot be wrong. */
#include "unit.h"

#include "base/map.h"

#define KEYS 2000

static int values[KEYS];

static void what_is_put_is_found(void **state)
{
    struct map map = {0};

    (void)state;
    assert_null(map_get(&map, 7));
    assert_true(map_put(&map, 7, &values[7]));
    assert_true(map_put(&map, 0, &values[0]));
    assert_ptr_equal(map_get(&map, 7), &values[7]);
    assert_ptr_equal(map_get(&map, 0), &values[0]);
    assert_null(map_get(&map, 8));
    map_free(&map);
}

static void removing_what_is_not_there_does_nothing(void **state)
{
    struct map map = {0};

    (void)state;
    map_remove(&map, 1);
    assert_true(map_put(&map, 1, &values[1]));
    map_remove(&map, 2);
    assert_int_equal(map.count, 1);
    map_free(&map);
}

/* Removing moves what follows the hole: every other key must still be found. */
static void any_order_of_putting_and_removing_is_right(void **state)
{
    struct map map = {0};
    bool is_in[KEYS] = {false};
    uint32_t random = 1;

    (void)state;
    for (int step = 0; step < 20000; step++) {
        int key;

        random = random * 1664525u + 1013904223u;
        key = (int)((random >> 8) % KEYS);
        if (is_in[key])
            map_remove(&map, key);
        else
            assert_true(map_put(&map, key, &values[key]));
        is_in[key] = !is_in[key];
    }
    for (int key = 0; key < KEYS; key++)
        assert_ptr_equal(map_get(&map, key), is_in[key] ? &values[key] : NULL);
    map_free(&map);
}

/* All of these had one place, while the hash was a known one (a multiplication by `golden`). */
static void keys_that_are_chosen_to_collide_do_not(void **state)
{
    const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t inverse = golden; /* by Newton: each step doubles the bits that are right */
    size_t longest = 0, length = 0;
    struct map map = {0};

    (void)state;
    for (int i = 0; i < 5; i++)
        inverse *= 2 - golden * inverse;
    assert_true(golden * inverse == 1);
    for (uint64_t i = 1; i <= 10 * KEYS; i++)
        assert_true(map_put(&map, (int64_t)(i * inverse), &values[0]));
    for (size_t i = 0; i < map.capacity; i++) {
        length = map.slots[i].value ? length + 1 : 0;
        longest = length > longest ? length : longest;
    }
    assert_between((int64_t)longest, 1, 500);
    map_free(&map);
}

static void going_through_meets_each_value_once(void **state)
{
    struct map map = {0};
    int met[KEYS] = {0}, *value;
    size_t position = 0;

    (void)state;
    for (int key = 0; key < KEYS; key++)
        assert_true(map_put(&map, key * INT64_C(1000003), &values[key]));
    while ((value = map_next(&map, &position)))
        met[value - values]++;
    for (int key = 0; key < KEYS; key++)
        assert_int_equal(met[key], 1);
    map_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_found),
        cmocka_unit_test(removing_what_is_not_there_does_nothing),
        cmocka_unit_test(any_order_of_putting_and_removing_is_right),
        cmocka_unit_test(keys_that_are_chosen_to_collide_do_not),
        cmocka_unit_test(going_through_meets_each_value_once),
    };

    return UNIT_RUN(tests);
}
