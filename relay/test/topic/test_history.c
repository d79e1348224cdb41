/* Older entries: found by seq, shared, kept for a while, and then gone. */
#include "unit.h"

#include "base/clock.h"
#include "topic/history.h"

static struct history_pool pool;
static struct topic *topic;

static int begin(void **state)
{
    (void)state;
    pool = (struct history_pool){0};
    TAILQ_INIT(&pool.histories);
    topic = topic_new(7, 4096, NULL);
    return topic ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    history_forget(topic);
    assert_true(TAILQ_EMPTY(&pool.histories));
    assert_int_equal(pool.bytes, 0);
    topic_free(topic);
    return 0;
}

static struct history *history_of(int64_t first_seq, int entries)
{
    struct history *history = history_new(&pool, topic, first_seq);

    assert_non_null(history);
    for (int i = 0; i < entries; i++)
        assert_true(history_append(history, "{}", 2));
    return history;
}

static void a_history_is_found_by_the_entries_it_holds(void **state)
{
    struct history *early = history_of(11, 10), *late = history_of(31, 10);

    (void)state;
    assert_null(history_find(topic, 10));
    assert_ptr_equal(history_find(topic, 11), early);
    assert_ptr_equal(history_find(topic, 20), early);
    assert_null(history_find(topic, 21));
    assert_ptr_equal(history_find(topic, 40), late);
    assert_null(history_find(topic, 41));
    history_release(early);
    history_release(late);
}

static void a_history_is_full_at_its_limit_and_drops_nothing(void **state)
{
    static char body[1000];
    struct history *history = history_of(1, 0);
    int entries = 0;

    (void)state;
    memset(body, 'x', sizeof(body));
    for (; !history_is_full(history); entries++)
        assert_true(history_append(history, body, sizeof(body)));
    assert_between(entries, HISTORY_BYTES / 1010, HISTORY_BYTES / 1000 + 1);
    assert_ptr_equal(history_find(topic, 1), history);
    assert_true(pool.bytes >= HISTORY_BYTES);
    history_release(history);
}

static void a_history_stays_a_while_for_those_to_come(void **state)
{
    struct history *history = history_of(1, 1);
    int64_t released_ms;

    (void)state;
    history_use(history);
    history_release(history);
    history_expire(&pool, clock_ms() + 10 * HISTORY_KEEP_MS);
    assert_ptr_equal(history_find(topic, 1), history); /* somebody is reading it */
    history_release(history);
    released_ms = history->idle_since_ms;
    pool.expired_ms = 0;
    history_expire(&pool, released_ms + HISTORY_KEEP_MS);
    assert_ptr_equal(history_find(topic, 1), history);
    pool.expired_ms = 0;
    history_expire(&pool, released_ms + HISTORY_KEEP_MS + 1);
    assert_null(history_find(topic, 1));
    assert_int_equal(pool.bytes, 0);
}

static void a_forgotten_history_goes_with_its_last_reader(void **state)
{
    struct history *history = history_of(1, 1);

    (void)state;
    history_forget(topic);
    assert_null(history_find(topic, 1));
    assert_false(TAILQ_EMPTY(&pool.histories));
    assert_int_equal(run_span(&history->run, history->run.tail, 100), 4);
    history_release(history);
    assert_true(TAILQ_EMPTY(&pool.histories));
}

static void what_nobody_reads_can_be_freed_at_once(void **state)
{
    struct history *idle = history_of(1, 1), *read = history_of(2, 1);

    (void)state;
    history_release(idle);
    history_expire_all(&pool);
    assert_null(history_find(topic, 1));
    assert_ptr_equal(history_find(topic, 2), read);
    history_release(read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_history_is_found_by_the_entries_it_holds, begin, end),
        cmocka_unit_test_setup_teardown(a_history_is_full_at_its_limit_and_drops_nothing, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_history_stays_a_while_for_those_to_come, begin, end),
        cmocka_unit_test_setup_teardown(a_forgotten_history_goes_with_its_last_reader, begin, end),
        cmocka_unit_test_setup_teardown(what_nobody_reads_can_be_freed_at_once, begin, end),
    };

    return UNIT_RUN(tests);
}
