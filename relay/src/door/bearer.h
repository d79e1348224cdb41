/*
 * The token that a request carries: Authorization: Bearer TOKEN (RFC 6750).
 *
 * The relay takes it only from this header. URLs are in logs, in the histories of browsers and in
 * Referer headers, so a token must not be in the URL.
 */
#ifndef BEARER_H
#define BEARER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "token/auth.h"

struct head;

struct bearer_refusal {
    unsigned status;  /* of HTTP; 0: it is none */
    const char *code; /* of PROTOCOL.md */
    const char *message;
    const char *challenge; /* WWW-Authenticate; NULL: another token would be of no use */
};

/* Whether the request has a header Authorization. */
bool bearer_is_there(const struct head *head) MUST_CHECK;

/* The grant of the request's token; free it with grant_free(). NULL: see the refusal. */
struct grant *bearer_read(const struct head *head, const struct auth *auth,
                          struct bearer_refusal *refusal) MUST_CHECK;

/* Whether a grant covers a match too; without a grant everything is public. */
struct bearer_refusal bearer_check(const struct grant *grant, int64_t match_id) MUST_CHECK;

/* The same for a request about one match. NULL without a refusal: everything is public. */
struct grant *bearer_admit(const struct head *head, const struct auth *auth, int64_t match_id,
                           struct bearer_refusal *refusal) MUST_CHECK;

#endif
