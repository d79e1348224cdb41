/*
 * Keys of each kind, and what becomes of tokens with them. The clock stands still.
 */
#ifndef AUTH_SCENE_H
#define AUTH_SCENE_H

#include "unit.h"

#include "token/auth.h"
#include "token_maker.h"

#define NOW 1800000000
#define SOON "1800000060"
#define GOOD "{\"exp\":" SOON ",\"matches\":[7,9,\"lobby\"]}"

static EVP_PKEY *rsa, *ec;
static struct auth *by_secret, *by_rsa, *by_ec, *by_all;

static inline struct auth *auth_of(const char *bytes)
{
    const struct auth_settings settings = {file_of(bytes, strlen(bytes)), "", ""};
    char error[KEY_ERROR_BYTES] = "";
    struct auth *auth = auth_new(&settings, error);

    if (!auth)
        fail_msg("%s", error);
    return auth;
}

static inline int begin(void **state)
{
    char pem[8192];
    size_t length;

    (void)state;
    rsa = EVP_RSA_gen(2048);
    ec = EVP_EC_gen("P-256");
    if (!rsa || !ec)
        return -1;
    by_secret = auth_of(SECRET "\n");
    length = pem_of(rsa, pem, sizeof(pem));
    by_rsa = auth_of(pem);
    pem_of(ec, pem + length, sizeof(pem) - length);
    by_ec = auth_of(pem + length);
    by_all = auth_of(pem);
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    unlink(file_of("", 0));
    auth_free(by_secret);
    auth_free(by_rsa);
    auth_free(by_ec);
    auth_free(by_all);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    return 0;
}

static inline struct grant *check(const struct auth *auth, const char *token,
                                  struct auth_fault *fault)
{
    return auth_check(auth, token, strlen(token), NOW, fault);
}

static inline void expect_good(const struct auth *auth, const char *token)
{
    struct auth_fault fault;
    struct grant *grant = check(auth, token, &fault);

    if (!grant) {
        fail_msg("%s: %s", fault.message, token);
        return; /* which clang-tidy does not see */
    }
    assert_int_equal(grant->expires_s, NOW + 60);
    assert_true(grant_covers(grant, 7));
    assert_true(grant_covers(grant, 9));
    assert_true(grant_covers(grant, 0));
    assert_false(grant_covers(grant, 8));
    grant_free(grant);
}

/* And the part of what is said of it. */
static inline void expect_evil(const struct auth *auth, const char *token, const char *part)
{
    struct auth_fault fault;
    struct grant *grant = check(auth, token, &fault);

    if (grant || !fault.message) {
        fail_msg("accepted, or refused without a word: %s", token);
        return; /* the same */
    }
    if (!strstr(fault.message, part))
        fail_msg("\"%s\", not \"%s\": %s", fault.message, part, token);
}

static inline void expect_evil_claims(const char *claims, const char *part)
{
    expect_evil(by_secret, sign_secret(HS256, claims), part);
}

#endif
