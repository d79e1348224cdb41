/*
 * Makes tokens, good and evil: whoever has a key can write any header and any claims.
 * The keys are made anew in each run; no secret lies in the sources.
 */
#ifndef TOKEN_MAKER_H
#define TOKEN_MAKER_H

#include "base64url.h"
#include "unit.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <unistd.h>

#define TOKEN_BYTES 65536
#define SECRET "a secret of thirty-two bytes ...."
#define HS256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define RS256 "{\"alg\":\"RS256\"}"
#define ES256 "{\"alg\":\"ES256\"}"

/* "header.claims", and what follows it is for the caller. */
static inline size_t put_signed_part(char *token, const char *header, const void *claims,
                                     size_t length)
{
    size_t written = base64url_encode(token, header, strlen(header));

    token[written++] = '.';
    return written + base64url_encode(token + written, claims, length);
}

static inline void put_signature(char *token, size_t length, const void *signature, size_t bytes)
{
    token[length] = '.';
    base64url_encode(token + length + 1, signature, bytes);
}

static inline const char *sign_secret_bytes(const void *secret, size_t secret_length,
                                            const char *header, const void *claims, size_t length)
{
    static char token[TOKEN_BYTES];
    size_t written = put_signed_part(token, header, claims, length);
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned bytes = 0;

    assert_non_null(
        HMAC(EVP_sha256(), secret, (int)secret_length, (uint8_t *)token, written, mac, &bytes));
    put_signature(token, written, mac, bytes);
    return token;
}

static inline const char *sign_secret(const char *header, const char *claims)
{
    return sign_secret_bytes(SECRET, strlen(SECRET), header, claims, strlen(claims));
}

static inline const char *sign(EVP_PKEY *key, const char *header, const char *claims)
{
    static char token[TOKEN_BYTES];
    size_t written = put_signed_part(token, header, claims, strlen(claims)), bytes = 512;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t signature[512], pair[64];

    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &bytes, (uint8_t *)token, written), 1);
    EVP_MD_CTX_free(context);
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
        const uint8_t *at = signature;
        ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &at, (long)bytes);

        BN_bn2binpad(ECDSA_SIG_get0_r(numbers), pair, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(numbers), pair + 32, 32);
        ECDSA_SIG_free(numbers);
        put_signature(token, written, pair, sizeof(pair));
    } else {
        put_signature(token, written, signature, bytes);
    }
    return token;
}

/* A file that is there until the next one is written; returns its path. */
static inline const char *file_of(const void *bytes, size_t length)
{
    static char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "/tmp/commentary-key-%d", (int)getpid());
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* The public half of a key, as PEM. */
static inline size_t pem_of(EVP_PKEY *key, char *pem, size_t size)
{
    BIO *out = BIO_new(BIO_s_mem());
    int length;

    assert_int_equal(PEM_write_bio_PUBKEY(out, key), 1);
    length = BIO_read(out, pem, (int)size - 1);
    BIO_free(out);
    assert_true(length > 0);
    pem[length] = '\0';
    return (size_t)length;
}

#endif
