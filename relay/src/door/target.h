/*
 * The target of a request, RFC 9112 section 3.2, and the authority in it or in Host.
 *
 *     origin-form    = "/" … [ "?" query ]
 *     absolute-form  = ( "http" | "https" ) "://" authority [ "/" … ] [ "?" query ]
 *     authority-form = host ":" port                         CONNECT only, and nothing else
 *     asterisk-form  = "*"                                   OPTIONS only
 *
 * A path is decoded, but for escapes of "/", "%" and control characters: so two different
 * paths stay different, a name never gains a slash, and a log line stays a line. After
 * that its dot segments are removed (RFC 3986 section 5.2.4): "/a/%2e%2E/b" is "/b". The
 * query is left as it came, since it has to be split before it is decoded: percent.h.
 *
 * A query may have some characters that RFC 3986 wants escaped and browsers send as they
 * are (the URL Standard): \ ^ ` { | } [ ].
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "door/head.h"

/* Where the parts stand, counted from the target; each ends with a NUL. */
struct target {
    size_t path;
    size_t query;
    size_t host;
    bool has_host; /* it is of absolute-form or authority-form */
};

/* Takes it apart in place. NULL: it is right; else what is wrong with it. */
const char *target_parse(struct target *target, char *text, enum head_method method) MUST_CHECK;

/*
 * A host and perhaps a port, as RFC 3986 section 3.2 has them, without user information.
 * An empty host is wrong, and so is a port above 65535.
 *
 * Valid:    "example.org"   "example.org:"   "127.0.0.1:8080"   "[::1]:80"   "a_b%2Dc"
 * Invalid:  ""   ":80"   "me@example.org"   "::1"   "[::1"   "[x]"   "a b"   "a/b"   "a:b"
 */
bool target_is_authority(const char *text, size_t length) MUST_CHECK;

#endif
