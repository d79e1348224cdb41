/*
 * The address of a relay, as people type it or copy it from the browser's bar:
 *
 *   http://127.0.0.1:8080            https://example.org/scores/     the relay itself
 *   https://example.org/#match=7     https://example.org/?match=7    its page
 *   https://example.org/match/7      https://example.org/embed/7
 *
 * The page may have more behind the number (&seq=58), also a token, which is not kept.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>

#include "base/attr.h"

struct address {
    char *relay; /* without a slash at its end; owned by the caller */
    char *match; /* of the page; owned by the caller. NULL: it names none */
};

/* False: it is no address of HTTP, and nothing is owned. */
MUST_CHECK bool address_read(struct address *address, const char *text);

#endif
