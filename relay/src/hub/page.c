/* Pages of older entries, shared by the viewers that need them. */
#include "hub/page.h"

#include <stdlib.h>

#include "base/clock.h"

#define EXPIRE_EVERY_MS 1000

static void page_count(struct page *page)
{
    size_t bytes = sizeof(*page) + run_memory(&page->run);

    page->pool->bytes += bytes - page->counted_bytes;
    page->counted_bytes = bytes;
}

/* The run has no limit of its own: page_is_full() stops it, and it must not drop what it has. */
struct page *page_new(struct page_pool *pool, struct topic *topic, int64_t first_seq)
{
    struct page *page = calloc(1, sizeof(*page));

    if (!page)
        return NULL;
    run_init(&page->run, SIZE_MAX / 4);
    run_reset(&page->run, first_seq);
    page->pool = pool;
    page->topic = topic;
    page->users = 1;
    TAILQ_INSERT_TAIL(&pool->pages, page, pool_link);
    LIST_INSERT_HEAD(&topic->pages, page, topic_link);
    page_count(page);
    return page;
}

bool page_append(struct page *page, const char *body, size_t length)
{
    bool is_in = run_append(&page->run, body, length);

    page_count(page);
    return is_in;
}

bool page_is_full(const struct page *page)
{
    return page->run.head - page->run.tail >= PAGE_BYTES;
}

struct page *page_find(const struct topic *topic, int64_t seq)
{
    struct page *page;

    LIST_FOREACH (page, &topic->pages, topic_link)
        if (seq >= page->run.first_seq && seq < page->run.next_seq)
            return page;
    return NULL;
}

void page_use(struct page *page)
{
    page->users++;
}

static void page_hide(struct page *page)
{
    if (page->topic)
        LIST_REMOVE(page, topic_link);
    page->topic = NULL;
}

static void page_free(struct page *page)
{
    page_hide(page);
    page->pool->bytes -= page->counted_bytes;
    TAILQ_REMOVE(&page->pool->pages, page, pool_link);
    run_free(&page->run);
    free(page);
}

void page_release(struct page *page)
{
    if (--page->users > 0)
        return;
    page->idle_since_ms = clock_ms();
    if (!page->topic)
        page_free(page);
}

void page_forget(struct topic *topic)
{
    struct page *page, *next;

    for (page = LIST_FIRST(&topic->pages); page; page = next) {
        next = LIST_NEXT(page, topic_link);
        page_hide(page);
        if (page->users == 0)
            page_free(page);
    }
}

static void page_expire_before(struct page_pool *pool, int64_t before_ms)
{
    struct page *page, *next;

    for (page = TAILQ_FIRST(&pool->pages); page; page = next) {
        next = TAILQ_NEXT(page, pool_link);
        if (page->users == 0 && page->idle_since_ms < before_ms)
            page_free(page);
    }
}

void page_expire(struct page_pool *pool, int64_t now_ms)
{
    if (now_ms - pool->expired_ms < EXPIRE_EVERY_MS)
        return;
    pool->expired_ms = now_ms;
    page_expire_before(pool, now_ms - PAGE_KEEP_MS);
}

void page_expire_all(struct page_pool *pool)
{
    page_expire_before(pool, INT64_MAX);
}
