/*
 * A grant: which matches the holder of a token may follow, and until when.
 */
#ifndef GRANT_H
#define GRANT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct grant {
    int64_t expires_s; /* since 1970, by the wall clock */
    bool is_for_all;   /* every match, and the lobby */
    bool is_for_edge;  /* its holder may be a relay that follows this one */
    size_t count;
    int64_t matches[]; /* ascending; the lobby is 0 */
};

/* From the claim `matches`; the caller sets the rest. NULL: *problem says why. */
struct grant *grant_new(const json_t *matches, const char **problem) MUST_CHECK;

/* NULL is allowed. */
void grant_free(struct grant *grant);

bool grant_covers(const struct grant *grant, int64_t match_id);

/* It is good for nothing. */
bool grant_is_empty(const struct grant *grant);

#endif
