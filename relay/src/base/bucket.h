/*
 * A token bucket, as one number: the moment at which it is full again. That is
 * small enough for every viewer to have one. Zeroed, it is full.
 */
#ifndef BUCKET_H
#define BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

#define BUCKET_NS_PER_MS INT64_C(1000000)
#define BUCKET_NS_PER_S (1000 * BUCKET_NS_PER_MS)

struct bucket {
    int64_t full_ns;
};

static inline bool bucket_is_full(const struct bucket *bucket, int64_t now_ms)
{
    return bucket->full_ns <= now_ms * BUCKET_NS_PER_MS;
}

/* Takes one of `size` tokens; one comes back every `token_ns`. False: the bucket is empty. */
static inline bool MUST_CHECK bucket_take_each(struct bucket *bucket, int64_t now_ms,
                                               int64_t token_ns, int64_t size)
{
    int64_t now_ns = now_ms * BUCKET_NS_PER_MS;
    int64_t full_ns = (bucket->full_ns > now_ns ? bucket->full_ns : now_ns) + token_ns;

    if (full_ns - now_ns > size * token_ns)
        return false;
    bucket->full_ns = full_ns;
    return true;
}

/* Takes one of `size` tokens; `per_s` of them come back in a second. False: it is empty. */
static inline bool MUST_CHECK bucket_take(struct bucket *bucket, int64_t now_ms, int64_t per_s,
                                          int64_t size)
{
    return bucket_take_each(bucket, now_ms, BUCKET_NS_PER_S / per_s, size);
}

#endif
