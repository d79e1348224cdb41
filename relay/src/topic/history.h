/*
 * A history: consecutive older entries of a topic, read from the table for viewers that
 * come back after a long time. It is framed once and shared by all viewers that need it;
 * each viewer reads it at its own cursor.
 *
 * Many viewers that lost their connection at once do not come back in one turn of the loop. So a
 * history is kept for a while after its last reader: viewers that come a second later need the
 * same entries.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "topic/topic.h"
#include "wire/run.h"

/* A history ends after so many entries, or so many framed bytes; another one begins there. */
#define HISTORY_ROWS 1000
#define HISTORY_BYTES (256 * 1024)
/* How long a history without users is kept. */
#define HISTORY_KEEP_MS 10000

TAILQ_HEAD(history_queue, history);

/* All histories of a hub, the oldest first. */
struct history_pool {
    struct history_queue histories;
    size_t bytes;
    int64_t expired_ms; /* when history_expire() last looked through it */
};

struct history {
    struct run run;
    struct history_pool *pool;
    struct topic *topic; /* NULL: forgotten, history_find() does not return it */
    unsigned users;
    int64_t idle_since_ms; /* valid while there are no users */
    size_t counted_bytes;  /* what the pool's sum holds for this history */
    TAILQ_ENTRY(history) pool_link;
    LIST_ENTRY(history) topic_link;
};

/* A history that begins at first_seq, with one use: end it with history_release(). NULL: memory ran
 * out. */
struct history *history_new(struct history_pool *pool, struct topic *topic, int64_t first_seq);

/* Adds the next entry; body is its JSON, and is copied. False: memory ran out. */
bool history_append(struct history *history, const char *body, size_t length) MUST_CHECK;

/* Whether it holds HISTORY_BYTES or more. */
bool history_is_full(const struct history *history);

/* The history of this topic that holds entry seq, or NULL. Adds no use. */
struct history *history_find(const struct topic *topic, int64_t seq);

/* Adds a use: as long as there is one, the history is not freed. */
void history_use(struct history *history);

/* Ends a use. The last one frees a history that is forgotten; others stay for HISTORY_KEEP_MS. */
void history_release(struct history *history);

/* The topic begins anew or is freed: history_find() does not return its histories any more. */
void history_forget(struct topic *topic);

/* Frees each history that has been unused for HISTORY_KEEP_MS; looks once a second. */
void history_expire(struct history_pool *pool, int64_t now_ms);

/* Frees all unused histories. */
void history_expire_all(struct history_pool *pool);

#endif
