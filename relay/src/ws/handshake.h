/*
 * Which client may become a viewer: the rules of a WebSocket handshake, RFC 6455 section
 * 4.2, and the answer to it.
 */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "door/refusal.h"

struct auth;
struct grant;
struct head;

/* Before the first: loads the library of hashes, which takes a while. False: it fails. */
bool handshake_begin(void) MUST_CHECK;

/* There is no challenge. */
struct refusal handshake_refuse(unsigned status, const char *text, int retry_after_s);

/* Looks at a request that wants to be a WebSocket, from a page of these origins. */
struct refusal handshake_check(const struct head *head, const char *origins) MUST_CHECK;

/*
 * What the token in the header grants; the caller owns it. NULL: the request has no token and
 * may show one later (a browser cannot send the header), or everything is public.
 */
struct refusal handshake_read_token(const struct head *head, const struct auth *auth,
                                    struct grant **grant) MUST_CHECK;

/*
 * Adds the answer that lets it in, to a request that was checked, with the subprotocol if it
 * offers that. False: it cannot be made.
 */
bool handshake_answer(struct buffer *out, const struct head *head,
                      const char *subprotocol) MUST_CHECK;

#endif
