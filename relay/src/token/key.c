/*
 * Keys.
 *
 *     file   = 1*8 block | secret
 *     block  = "-----BEGIN PUBLIC KEY-----" base64 "-----END PUBLIC KEY-----"
 *     secret = at least 32 bytes of any kind; a newline at the end is not one of them
 *
 * Text between blocks is skipped. Whatever looks like a key in another form is
 * refused, and never taken for a secret.
 */
#include "token/key.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX 65536
#define RSA_BITS_MIN 2048
#define ES256_HALF 32 /* bytes of each of the two numbers that are a signature */
#define ES256_DER_MAX 80
#define PEM_MARK "-----BEGIN"

struct key {
    const char *algorithm;
    EVP_PKEY *public; /* NULL: it is a secret */
    size_t secret_length;
    uint8_t secret[];
};

static bool complain(char *error, const char *path, const char *what)
{
    snprintf(error, KEY_ERROR_BYTES, "the key file %.100s: %s", path, what);
    return false;
}

/* ---- reading ---- */

/* Bounded, because the path may name a device. The caller frees the result. */
static char *load(FILE *file, size_t *length, const char **wrong)
{
    char *bytes = malloc(FILE_BYTES_MAX + 1);

    if (!bytes) {
        *wrong = "out of memory";
        return NULL;
    }
    *length = fread(bytes, 1, FILE_BYTES_MAX + 1, file);
    *wrong = ferror(file)               ? strerror(errno)
             : *length > FILE_BYTES_MAX ? "larger than 64 KiB"
                                        : NULL;
    if (*wrong) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

static bool keys_add(struct keys *keys, struct key *key)
{
    if (key)
        keys->keys[keys->count++] = key;
    return key != NULL;
}

static bool begins_with(const char *bytes, size_t length, const char *text)
{
    return length >= strlen(text) && memcmp(bytes, text, strlen(text)) == 0;
}

/* A public key is no secret, though all of these are bytes like any other. */
static bool is_public_key(const char *bytes, size_t length)
{
    const unsigned char *at = (const unsigned char *)bytes;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)length);

    EVP_PKEY_free(key);
    ERR_clear_error();
    return key || begins_with(bytes, length, "ssh-") || begins_with(bytes, length, "ecdsa-") ||
           (length > 0 && bytes[0] == '{' && bytes[length - 1] == '}');
}

static bool read_secret(struct keys *keys, const char *path, const char *bytes, size_t length,
                        char *error)
{
    struct key *key;

    if (length > 0 && bytes[length - 1] == '\n')
        length--;
    if (length > 0 && bytes[length - 1] == '\r')
        length--;
    if (is_public_key(bytes, length))
        return complain(error, path, "write a public key as PEM: -----BEGIN PUBLIC KEY-----");
    if (length < KEY_SECRET_BYTES_MIN)
        return complain(error, path, "a secret must have at least 32 bytes");
    key = calloc(1, sizeof(*key) + length);
    if (!keys_add(keys, key))
        return complain(error, path, "out of memory");
    key->algorithm = "HS256";
    key->secret_length = length;
    memcpy(key->secret, bytes, length);
    return true;
}

/* The only algorithm of a key; NULL, with what is wrong: it has none here. */
static const char *algorithm_of(const EVP_PKEY *public, const char **wrong)
{
    char curve[32] = "";

    *wrong = "only RSA keys and those of the curve P-256 are taken";
    switch (EVP_PKEY_get_base_id(public)) {
    case EVP_PKEY_RSA:
        *wrong = "an RSA key must have at least 2048 bits";
        return EVP_PKEY_get_bits(public) >= RSA_BITS_MIN ? "RS256" : NULL;
    case EVP_PKEY_EC:
        EVP_PKEY_get_group_name(public, curve, sizeof(curve), NULL);
        return strcmp(curve, "prime256v1") == 0 ? "ES256" : NULL;
    default:
        return NULL;
    }
}

static const char *read_block(struct keys *keys, const char *name, const unsigned char *bytes,
                              long length)
{
    const unsigned char *at = bytes;
    const char *algorithm, *wrong;
    EVP_PKEY *public;
    struct key *key;

    if (strstr(name, "PRIVATE"))
        return "holds a private key: the relay needs the public one, and nobody else this one";
    if (strcmp(name, "PUBLIC KEY") != 0)
        return "only -----BEGIN PUBLIC KEY----- is taken (openssl pkey -pubout, x509 -pubkey)";
    if (keys->count == KEYS_MAX)
        return "more than 8 keys";
    public = d2i_PUBKEY(NULL, &at, length);
    if (!public || at != bytes + length) {
        EVP_PKEY_free(public);
        return "holds a PUBLIC KEY that is none";
    }
    algorithm = algorithm_of(public, &wrong);
    key = algorithm ? calloc(1, sizeof(*key)) : NULL;
    if (!keys_add(keys, key)) {
        EVP_PKEY_free(public);
        return algorithm ? "out of memory" : wrong;
    }
    key->algorithm = algorithm;
    key->public = public;
    return NULL;
}

static bool read_blocks(struct keys *keys, const char *path, const char *bytes, size_t length,
                        char *error)
{
    BIO *in = BIO_new_mem_buf(bytes, (int)length);
    char *name, *header;
    unsigned char *data;
    const char *wrong = in ? NULL : "out of memory";
    long data_length;

    while (!wrong && PEM_read_bio(in, &name, &header, &data, &data_length)) {
        wrong = read_block(keys, name, data, data_length);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
    if (!wrong && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        wrong = "a block of PEM is broken";
    else if (!wrong && keys->count == 0)
        wrong = "holds no key";
    ERR_clear_error();
    BIO_free(in);
    return wrong ? complain(error, path, wrong) : true;
}

bool keys_read(struct keys *keys, const char *path, char error[KEY_ERROR_BYTES])
{
    FILE *file = fopen(path, "re");
    const char *wrong = NULL;
    char *bytes = NULL;
    size_t length = 0;
    bool is_good;

    *keys = (struct keys){0};
    if (!file)
        return complain(error, path, strerror(errno));
    bytes = load(file, &length, &wrong);
    fclose(file);
    if (!bytes)
        return complain(error, path, wrong);
    is_good = memmem(bytes, length, PEM_MARK, strlen(PEM_MARK))
                  ? read_blocks(keys, path, bytes, length, error)
                  : read_secret(keys, path, bytes, length, error);
    OPENSSL_cleanse(bytes, length);
    free(bytes);
    if (!is_good)
        keys_free(keys);
    return is_good;
}

static void key_free(struct key *key)
{
    EVP_PKEY_free(key->public);
    OPENSSL_cleanse(key->secret, key->secret_length);
    free(key);
}

void keys_free(struct keys *keys)
{
    while (keys->count > 0)
        key_free(keys->keys[--keys->count]);
}

/* ---- checking ---- */

/* In a time that does not tell how much of the signature is right. */
static bool verify_secret(const struct key *key, const void *bytes, size_t length,
                          const uint8_t *signature, size_t signature_length)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned mac_length = 0;

    return HMAC(EVP_sha256(), key->secret, (int)key->secret_length, bytes, length, mac,
                &mac_length) &&
           signature_length == mac_length && CRYPTO_memcmp(mac, signature, mac_length) == 0;
}

static bool verify_public(const struct key *key, const void *bytes, size_t length,
                          const uint8_t *signature, size_t signature_length)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_good = context &&
                   EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key->public) == 1 &&
                   EVP_DigestVerify(context, signature, signature_length, bytes, length) == 1;

    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return is_good;
}

/* A token has the two numbers side by side; OpenSSL wants them in DER. 0: it is none. */
static size_t es256_to_der(const uint8_t *signature, size_t length, uint8_t der[ES256_DER_MAX])
{
    ECDSA_SIG *pair = length == 2 * (size_t)ES256_HALF ? ECDSA_SIG_new() : NULL;
    BIGNUM *r = pair ? BN_bin2bn(signature, ES256_HALF, NULL) : NULL;
    BIGNUM *s = r ? BN_bin2bn(signature + ES256_HALF, ES256_HALF, NULL) : NULL;
    unsigned char *end = der;
    int der_length;

    if (!s || !ECDSA_SIG_set0(pair, r, s)) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(pair);
        return 0;
    }
    der_length = i2d_ECDSA_SIG(pair, &end); /* at most 72 bytes */
    ECDSA_SIG_free(pair);
    return der_length > 0 ? (size_t)der_length : 0;
}

static bool verify(const struct key *key, const void *bytes, size_t length,
                   const uint8_t *signature, size_t signature_length)
{
    uint8_t der[ES256_DER_MAX];
    size_t der_length;

    if (!key->public)
        return verify_secret(key, bytes, length, signature, signature_length);
    if (strcmp(key->algorithm, "RS256") == 0)
        return verify_public(key, bytes, length, signature, signature_length);
    der_length = es256_to_der(signature, signature_length, der);
    return der_length > 0 && verify_public(key, bytes, length, der, der_length);
}

enum key_verdict keys_verify(const struct keys *keys, const char *algorithm, const void *bytes,
                             size_t length, const uint8_t *signature, size_t signature_length)
{
    enum key_verdict verdict = KEY_OTHER_ALGORITHM;

    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->keys[i]->algorithm, algorithm) != 0)
            continue;
        if (verify(keys->keys[i], bytes, length, signature, signature_length))
            return KEY_SIGNED;
        verdict = KEY_NOT_SIGNED;
    }
    return verdict;
}
