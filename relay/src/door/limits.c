/* Limits per address: a table of visitors, and a queue of those without a connection. */
#include "door/limits.h"

#include <stdlib.h>
#include <sys/random.h>

/* More than one for each visitor that comes, so that idle visitors do not pile up. */
#define FORGET_AT_ONCE 2

bool limits_init(struct limits *limits, const struct limits_settings *settings)
{
    *limits = (struct limits){.settings = *settings};
    TAILQ_INIT(&limits->idle);
    return getrandom(limits->secrets, sizeof(limits->secrets), 0) == sizeof(limits->secrets);
}

/* Different addresses get different keys. The map uses low bits, so the high bits go there. */
static int64_t key_of(const struct limits *limits, int64_t address)
{
    uint64_t key = ((uint64_t)address ^ limits->secrets[0]) * (limits->secrets[1] | 1);

    return (int64_t)(key ^ (key >> 32));
}

/*
 * The queue is in the order of leaving, and all buckets fill at one rate. So the first
 * visitor may have a bucket that is not yet full while a later visitor's is full, but for
 * no more than a second.
 */
static void forget_idle(struct limits *limits, int64_t now_ms)
{
    for (int i = 0; i < FORGET_AT_ONCE; i++) {
        struct visitor *visitor = TAILQ_FIRST(&limits->idle);

        if (!visitor || !bucket_is_full(&visitor->connects, now_ms))
            return;
        TAILQ_REMOVE(&limits->idle, visitor, idle_link);
        map_remove(&limits->visitors, visitor->key);
        free(visitor);
    }
}

static struct visitor *remember(struct limits *limits, int64_t key)
{
    struct visitor *visitor;

    if (limits->visitors.count >= limits->settings.addresses_max)
        return NULL;
    visitor = calloc(1, sizeof(*visitor));
    if (!visitor)
        return NULL;
    visitor->key = key;
    if (!map_put(&limits->visitors, key, visitor)) {
        free(visitor);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&limits->idle, visitor, idle_link);
    return visitor;
}

/* NULL: it is not known, and there is no room. */
static struct visitor *visitor_of(struct limits *limits, int64_t address, int64_t now_ms)
{
    int64_t key = key_of(limits, address);
    struct visitor *visitor = map_get(&limits->visitors, key);

    if (visitor)
        return visitor;
    forget_idle(limits, now_ms);
    return remember(limits, key);
}

enum limits_verdict limits_knock(struct limits *limits, int64_t address, int64_t now_ms)
{
    const struct limits_settings *settings = &limits->settings;
    struct visitor *visitor = visitor_of(limits, address, now_ms);

    if (!visitor)
        return LIMITS_WELCOME;
    if (visitor->viewers >= settings->viewers_per_address)
        return LIMITS_TOO_MANY;
    if (!bucket_take(&visitor->connects, now_ms, settings->connects_per_address,
                     settings->connects_per_address))
        return LIMITS_TOO_FAST;
    return LIMITS_WELCOME;
}

/* Something of the address begins, and it is not idle any more. */
static void begin(struct limits *limits, struct visitor *visitor, int64_t *count)
{
    if (visitor->peers == 0 && visitor->viewers == 0)
        TAILQ_REMOVE(&limits->idle, visitor, idle_link);
    ++*count;
}

static void end(struct limits *limits, struct visitor *visitor, int64_t *count)
{
    --*count;
    if (visitor->peers == 0 && visitor->viewers == 0)
        TAILQ_INSERT_TAIL(&limits->idle, visitor, idle_link);
}

bool limits_come(struct limits *limits, int64_t address, int64_t now_ms, struct visitor **visitor)
{
    *visitor = visitor_of(limits, address, now_ms);
    if (!*visitor)
        return true;
    if ((*visitor)->peers >= limits->settings.viewers_per_address + LIMITS_GUESTS)
        return false;
    begin(limits, *visitor, &(*visitor)->peers);
    return true;
}

void limits_go(struct limits *limits, struct visitor *visitor)
{
    if (visitor)
        end(limits, visitor, &visitor->peers);
}

struct visitor *limits_enter(struct limits *limits, int64_t address, int64_t now_ms)
{
    struct visitor *visitor = visitor_of(limits, address, now_ms);

    if (visitor)
        begin(limits, visitor, &visitor->viewers);
    return visitor;
}

void limits_leave(struct limits *limits, struct visitor *visitor)
{
    if (visitor)
        end(limits, visitor, &visitor->viewers);
}

void limits_free(struct limits *limits)
{
    struct visitor *visitor;
    size_t position = 0;

    while ((visitor = map_next(&limits->visitors, &position)))
        free(visitor);
    map_free(&limits->visitors);
}
