/*
 * Who may become a viewer: the rules of a WebSocket handshake, RFC 6455 section
 * 4.2.1, of which libwebsockets leaves out half.
 */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include <stdbool.h>

#include "base/attr.h"

struct auth;
struct grant;
struct lws;

struct handshake_refusal {
    unsigned status; /* HTTP; 0: welcome */
    const char *text;
    int retry_after_s;     /* 0: to come back is of no use */
    const char *challenge; /* WWW-Authenticate; NULL: none */
};

/* retry_after_s as above; there is no challenge. */
struct handshake_refusal handshake_refuse(unsigned status, const char *text, int retry_after_s);

/* Looks at the request that wants to be upgraded to `upgrade`, from a page of these origins. */
struct handshake_refusal handshake_check(struct lws *wsi, const char *upgrade,
                                         const char *origins) MUST_CHECK;

/* Whether the page that asks, if it is one, is of these origins. */
bool handshake_page_is_allowed(struct lws *wsi, const char *origins) MUST_CHECK;

/*
 * What the token in its header grants, the caller's then. NULL: it has none, and may
 * show one later (a browser cannot send the header), or everything is public.
 */
struct handshake_refusal handshake_read_token(struct lws *wsi, const struct auth *auth,
                                              struct grant **grant) MUST_CHECK;

#endif
