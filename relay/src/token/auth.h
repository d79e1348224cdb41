/*
 * Authentication: tokens that say which matches their holder may follow. The claims
 * are in PROTOCOL.md.
 */
#ifndef AUTH_H
#define AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "token/grant.h"
#include "token/jwt.h"
#include "token/key.h"

/* How much the clock of the token's issuer may differ from ours. */
#define AUTH_LEEWAY_S 10

struct auth_settings {
    const char *key_file; /* see key.c; the texts stay */
    const char *audience; /* which `aud` must name; "": not checked */
    const char *issuer;   /* which `iss` must be; the same */
};

struct auth;

/* NULL: the error says what is wrong with the key file. */
struct auth *auth_new(const struct auth_settings *settings, char error[KEY_ERROR_BYTES]) MUST_CHECK;

/*
 * Reads the key file again. False, with the error: the old keys stay in force. A grant by a
 * key that is gone stays until it expires.
 */
bool auth_reload(struct auth *auth, char error[KEY_ERROR_BYTES]) MUST_CHECK;

/* NULL is allowed. */
void auth_free(struct auth *auth);

struct auth_fault {
    const char *message; /* says nothing of what the token holds */
    bool is_expired;     /* nothing else is wrong with it */
};

/* What a token grants at that time of the wall clock. NULL: nothing; fault says why. */
struct grant *auth_check(const struct auth *auth, const char *token, size_t length, int64_t now_s,
                         struct auth_fault *fault) MUST_CHECK;

/*
 * Finds the token in the value of a header `Authorization`: "Bearer TOKEN", RFC 6750.
 * False: there is none of this kind.
 */
bool auth_find_bearer(const char *header, const char **token, size_t *length) MUST_CHECK;

#endif
