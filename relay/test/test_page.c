/* Pages of older entries: found by seq, shared, kept for a while, and then gone. */
#include "unit.h"

#include "base/clock.h"
#include "hub/page.h"

static struct page_pool pool;
static struct topic *topic;

static int begin(void **state)
{
    (void)state;
    pool = (struct page_pool){0};
    TAILQ_INIT(&pool.pages);
    topic = topic_new(7, 4096, NULL);
    return topic ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    page_forget(topic);
    assert_true(TAILQ_EMPTY(&pool.pages));
    assert_int_equal(pool.bytes, 0);
    topic_free(topic);
    return 0;
}

static struct page *page_of(int64_t first_seq, int entries)
{
    struct page *page = page_new(&pool, topic, first_seq);

    assert_non_null(page);
    for (int i = 0; i < entries; i++)
        assert_true(page_append(page, "{}", 2));
    return page;
}

static void a_page_is_found_by_the_entries_it_holds(void **state)
{
    struct page *early = page_of(11, 10), *late = page_of(31, 10);

    (void)state;
    assert_null(page_find(topic, 10));
    assert_ptr_equal(page_find(topic, 11), early);
    assert_ptr_equal(page_find(topic, 20), early);
    assert_null(page_find(topic, 21));
    assert_ptr_equal(page_find(topic, 40), late);
    assert_null(page_find(topic, 41));
    page_release(early);
    page_release(late);
}

static void a_page_is_full_at_its_limit_and_drops_nothing(void **state)
{
    static char body[1000];
    struct page *page = page_of(1, 0);
    int entries = 0;

    (void)state;
    memset(body, 'x', sizeof(body));
    for (; !page_is_full(page); entries++)
        assert_true(page_append(page, body, sizeof(body)));
    assert_between(entries, PAGE_BYTES / 1010, PAGE_BYTES / 1000 + 1);
    assert_ptr_equal(page_find(topic, 1), page);
    assert_true(pool.bytes >= PAGE_BYTES);
    page_release(page);
}

static void a_page_stays_a_while_for_those_to_come(void **state)
{
    struct page *page = page_of(1, 1);
    int64_t released_ms;

    (void)state;
    page_use(page);
    page_release(page);
    page_expire(&pool, clock_ms() + 10 * PAGE_KEEP_MS);
    assert_ptr_equal(page_find(topic, 1), page); /* somebody is reading it */
    page_release(page);
    released_ms = page->idle_since_ms;
    pool.expired_ms = 0;
    page_expire(&pool, released_ms + PAGE_KEEP_MS);
    assert_ptr_equal(page_find(topic, 1), page);
    pool.expired_ms = 0;
    page_expire(&pool, released_ms + PAGE_KEEP_MS + 1);
    assert_null(page_find(topic, 1));
    assert_int_equal(pool.bytes, 0);
}

static void a_forgotten_page_goes_with_its_last_reader(void **state)
{
    struct page *page = page_of(1, 1);

    (void)state;
    page_forget(topic);
    assert_null(page_find(topic, 1));
    assert_false(TAILQ_EMPTY(&pool.pages));
    assert_int_equal(run_span(&page->run, page->run.tail, 100), 4);
    page_release(page);
    assert_true(TAILQ_EMPTY(&pool.pages));
}

static void what_nobody_reads_can_be_freed_at_once(void **state)
{
    struct page *idle = page_of(1, 1), *read = page_of(2, 1);

    (void)state;
    page_release(idle);
    page_expire_all(&pool);
    assert_null(page_find(topic, 1));
    assert_ptr_equal(page_find(topic, 2), read);
    page_release(read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_page_is_found_by_the_entries_it_holds, begin, end),
        cmocka_unit_test_setup_teardown(a_page_is_full_at_its_limit_and_drops_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_page_stays_a_while_for_those_to_come, begin, end),
        cmocka_unit_test_setup_teardown(a_forgotten_page_goes_with_its_last_reader, begin, end),
        cmocka_unit_test_setup_teardown(what_nobody_reads_can_be_freed_at_once, begin, end),
    };

    return UNIT_RUN(tests);
}
