/* Older entries, shared by the viewers that need them. */
#include "topic/history.h"

#include <stdlib.h>

#include "base/clock.h"

#define EXPIRE_EVERY_MS 1000

static void history_count(struct history *history)
{
    size_t bytes = sizeof(*history) + run_memory(&history->run);

    history->pool->bytes += bytes - history->counted_bytes;
    history->counted_bytes = bytes;
}

/* The run has no limit of its own, so it drops no entry; the reader stops at history_is_full(). */
struct history *history_new(struct history_pool *pool, struct topic *topic, int64_t first_seq)
{
    struct history *history = calloc(1, sizeof(*history));

    if (!history)
        return NULL;
    run_init(&history->run, SIZE_MAX / 4);
    run_reset(&history->run, first_seq);
    history->pool = pool;
    history->topic = topic;
    history->users = 1;
    TAILQ_INSERT_TAIL(&pool->histories, history, pool_link);
    LIST_INSERT_HEAD(&topic->histories, history, topic_link);
    history_count(history);
    return history;
}

bool history_append(struct history *history, const char *body, size_t length)
{
    bool is_in = run_append(&history->run, body, length);

    history_count(history);
    return is_in;
}

bool history_is_full(const struct history *history)
{
    return history->run.head - history->run.tail >= HISTORY_BYTES;
}

struct history *history_find(const struct topic *topic, int64_t seq)
{
    struct history *history;

    LIST_FOREACH (history, &topic->histories, topic_link)
        if (seq >= history->run.first_seq && seq < history->run.next_seq)
            return history;
    return NULL;
}

void history_use(struct history *history)
{
    history->users++;
}

static void history_hide(struct history *history)
{
    if (history->topic)
        LIST_REMOVE(history, topic_link);
    history->topic = NULL;
}

static void history_free(struct history *history)
{
    history_hide(history);
    history->pool->bytes -= history->counted_bytes;
    TAILQ_REMOVE(&history->pool->histories, history, pool_link);
    run_free(&history->run);
    free(history);
}

void history_release(struct history *history)
{
    if (--history->users > 0)
        return;
    history->idle_since_ms = clock_ms();
    if (!history->topic)
        history_free(history);
}

void history_forget(struct topic *topic)
{
    struct history *history, *next;

    for (history = LIST_FIRST(&topic->histories); history; history = next) {
        next = LIST_NEXT(history, topic_link);
        history_hide(history);
        if (history->users == 0)
            history_free(history);
    }
}

static void history_expire_before(struct history_pool *pool, int64_t before_ms)
{
    struct history *history, *next;

    for (history = TAILQ_FIRST(&pool->histories); history; history = next) {
        next = TAILQ_NEXT(history, pool_link);
        if (history->users == 0 && history->idle_since_ms < before_ms)
            history_free(history);
    }
}

void history_expire(struct history_pool *pool, int64_t now_ms)
{
    if (now_ms - pool->expired_ms < EXPIRE_EVERY_MS)
        return;
    pool->expired_ms = now_ms;
    history_expire_before(pool, now_ms - HISTORY_KEEP_MS);
}

void history_expire_all(struct history_pool *pool)
{
    history_expire_before(pool, INT64_MAX);
}
