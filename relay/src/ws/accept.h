/* The key of a WebSocket handshake and its answer, RFC 6455 section 4.2. */
#ifndef ACCEPT_H
#define ACCEPT_H

#include <stdbool.h>

#include "base/attr.h"

#define ACCEPT_BYTES 29 /* of Sec-WebSocket-Accept, with its NUL */

/* Whether a Sec-WebSocket-Key is the base64 of 16 bytes. */
bool accept_key_is_right(const char *key) MUST_CHECK;

/* Writes the Sec-WebSocket-Accept for a key. False: the library of hashes failed. */
bool accept_answer(const char *key, char answer[ACCEPT_BYTES]) MUST_CHECK;

#endif
