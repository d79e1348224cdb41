/*
 * Keys that check the signatures of tokens, and all that is used of OpenSSL for it.
 *
 * The kind of a key alone decides what it checks: an RSA key RS256, a key of the curve P-256
 * ES256, a secret HS256. If a token could choose, a public key would pass for a secret that
 * everybody knows.
 */
#ifndef KEY_H
#define KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define KEYS_MAX 8
#define KEY_ERROR_BYTES 256
#define KEY_SECRET_BYTES_MIN 32 /* RFC 7518: at least as long as what it makes */

struct key;

/* The keys of one file: one secret, or public keys. */
struct keys {
    struct key *keys[KEYS_MAX];
    size_t count;
};

enum key_verdict { KEY_SIGNED, KEY_NOT_SIGNED, KEY_OTHER_ALGORITHM };

/* False: the error says what is wrong with the file, and the keys are empty. */
bool keys_read(struct keys *keys, const char *path, char error[KEY_ERROR_BYTES]) MUST_CHECK;

void keys_free(struct keys *keys);

/* Whether one of the keys of this algorithm made the signature. */
enum key_verdict keys_verify(const struct keys *keys, const char *algorithm, const void *bytes,
                             size_t length, const uint8_t *signature,
                             size_t signature_length) MUST_CHECK;

#endif
