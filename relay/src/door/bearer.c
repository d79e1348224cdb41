/* The token of a request, and the refusal when it is missing or bad. */
#include "door/bearer.h"

#include <stddef.h>

#include "base/clock.h"
#include "door/head.h"

#define REALM "Bearer realm=\"commentary\""

static struct bearer_refusal unauthorised(const char *message, const char *challenge)
{
    return (struct bearer_refusal){401, "unauthorised", message, challenge};
}

static struct bearer_refusal forbidden(const char *message)
{
    return (struct bearer_refusal){403, "forbidden", message, NULL};
}

bool bearer_is_there(const struct head *head)
{
    return head_count(head, "authorization") > 0;
}

struct grant *bearer_read(const struct head *head, const struct auth *auth,
                          struct bearer_refusal *refusal)
{
    struct auth_fault fault;
    struct grant *grant;
    const char *value = head_field(head, "authorization"), *token;
    size_t length;

    *refusal = (struct bearer_refusal){0};
    if (head_count(head, "authorization") != 1 || !auth_find_bearer(value, &token, &length)) {
        *refusal = unauthorised("send a header \"Authorization: Bearer TOKEN\"", REALM);
        return NULL;
    }
    grant = auth_check(auth, token, length, clock_real_s(), &fault);
    if (!grant)
        *refusal = unauthorised(fault.message, REALM ", error=\"invalid_token\"");
    else if (grant_is_empty(grant))
        *refusal = forbidden("the token covers no match");
    else
        return grant;
    grant_free(grant);
    return NULL;
}

struct bearer_refusal bearer_check(const struct grant *grant, int64_t match_id)
{
    if (!grant || grant_covers(grant, match_id))
        return (struct bearer_refusal){0};
    return forbidden("the token does not cover this match");
}

struct grant *bearer_admit(const struct head *head, const struct auth *auth, int64_t match_id,
                           struct bearer_refusal *refusal)
{
    struct grant *grant;

    *refusal = (struct bearer_refusal){0};
    grant = auth ? bearer_read(head, auth, refusal) : NULL;
    if (!grant)
        return NULL;
    *refusal = bearer_check(grant, match_id);
    if (!refusal->status)
        return grant;
    grant_free(grant);
    return NULL;
}
