/*
 * A page: older entries of a topic, read from the table for viewers that came
 * back after a long time. It is framed once and shared by all who need it; each
 * drains it by its own cursor.
 *
 * A herd does not come back in one turn of the loop. So a page stays for a while when
 * the last reader has left: those who come a second later need the very same one.
 */
#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "hub/topic.h"
#include "wire/run.h"

#define PAGE_ROWS 1000
#define PAGE_BYTES (256 * 1024)
#define PAGE_KEEP_MS 10000

TAILQ_HEAD(page_queue, page);

/* All pages there are, oldest first. */
struct page_pool {
    struct page_queue pages;
    size_t bytes;
    int64_t expired_ms; /* when it was last looked through */
};

struct page {
    struct run run;
    struct page_pool *pool;
    struct topic *topic; /* NULL: it is of no use to those to come */
    unsigned users;
    int64_t idle_since_ms; /* without users */
    size_t counted_bytes;  /* what the pool's sum holds for this page */
    TAILQ_ENTRY(page) pool_link;
    LIST_ENTRY(page) topic_link;
};

/* A page that begins at first_seq, with one user: the caller. NULL: memory ran out. */
struct page *page_new(struct page_pool *pool, struct topic *topic, int64_t first_seq);

/* Adds the next entry. False: memory ran out. */
bool page_append(struct page *page, const char *body, size_t length) MUST_CHECK;
bool page_is_full(const struct page *page);

/* The page of this topic that holds entry seq, or NULL. */
struct page *page_find(const struct topic *topic, int64_t seq);

void page_use(struct page *page);
void page_release(struct page *page);

/* The topic begins anew or goes away: its pages will not be found any more. */
void page_forget(struct topic *topic);

/* Frees what nobody has used for a while, once in a second. */
void page_expire(struct page_pool *pool, int64_t now_ms);

/* Frees all that nobody uses. */
void page_expire_all(struct page_pool *pool);

#endif
