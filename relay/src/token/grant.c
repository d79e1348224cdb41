/*
 * The claim `matches`.
 *
 *     matches = "*" | "[" [ match *( "," match ) ] "]"
 *     match   = a whole number from 1 | "lobby"
 *
 * Valid:    "*"   []   [7]   [7,9,"lobby"]
 * Invalid:  7   "7"   ["*"]   ["7"]   [0]   [7.0]   "lobby"
 */
#include "token/grant.h"

#include <stdlib.h>
#include <string.h>

#include "wire/protocol.h"

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static bool is_text(const json_t *json, const char *text)
{
    return json_is_string(json) && strcmp(json_string_value(json), text) == 0;
}

static bool take_match(struct grant *grant, const json_t *match)
{
    int64_t match_id = json_integer_value(match); /* 0 for what is no number */

    if (is_text(match, "lobby"))
        match_id = TOPIC_LOBBY;
    else if (match_id < 1)
        return false;
    grant->matches[grant->count++] = match_id;
    return true;
}

struct grant *grant_new(const json_t *matches, const char **problem)
{
    size_t count = json_array_size(matches);
    struct grant *grant = calloc(1, sizeof(*grant) + count * sizeof(grant->matches[0]));
    bool is_good;

    *problem = "out of memory";
    if (!grant)
        return NULL;
    grant->is_for_all = is_text(matches, "*");
    is_good = grant->is_for_all || json_is_array(matches);
    for (size_t i = 0; is_good && i < count; i++)
        is_good = take_match(grant, json_array_get(matches, i));
    if (!is_good) {
        *problem = "the token's matches must be \"*\", or an array of match numbers and \"lobby\"";
        grant_free(grant);
        return NULL;
    }
    qsort(grant->matches, grant->count, sizeof(grant->matches[0]), compare);
    return grant;
}

void grant_free(struct grant *grant)
{
    free(grant);
}

bool grant_covers(const struct grant *grant, int64_t match_id)
{
    return grant->is_for_all || bsearch(&match_id, grant->matches, grant->count,
                                        sizeof(grant->matches[0]), compare) != NULL;
}

bool grant_is_empty(const struct grant *grant)
{
    return !grant->is_for_all && grant->count == 0;
}
