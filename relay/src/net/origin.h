/*
 * Origins: which pages may connect. A browser sends the origin of the page with
 * each handshake, and a page cannot forge it; other programs send what they like,
 * so this protects viewers from hostile pages, and nothing else.
 *
 *     origin = scheme "://" host [ ":" port ]      https://example.org, http://[::1]:8080
 *     list   = origins with commas or blanks between them
 *
 * Not an origin: "example.org", "https://example.org/", "null", nor is anything with a
 * wildcard. Upper and lower case are the same, as are https://a and https://a:443.
 */
#ifndef ORIGIN_H
#define ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* The first word of the list that is not an origin, and its length; NULL: all are. */
const char *origin_find_wrong(const char *list, size_t *length) MUST_CHECK;

/*
 * Whether a page of that origin may connect to `host`, the Host of its handshake. It may if the
 * origin is in the list, if the list is empty, or if the page comes from that host itself.
 */
bool origin_is_allowed(const char *list, const char *origin, const char *host) MUST_CHECK;

#endif
