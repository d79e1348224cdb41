/* Loading a certificate, and finding what is wrong with it. */
#include "net/certificate.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/tls.h"

#define CHAIN_MAX 32

struct certificate {
    X509 *leaf;
    EVP_PKEY *key;
    STACK_OF(X509) * chain; /* without the leaf */
};

static bool complain(char *error, const char *path, const char *wrong)
{
    snprintf(error, CERTIFICATE_ERROR_BYTES, "%.200s: %s", path, wrong);
    return false;
}

static FILE *open_file(const char *path, char *error)
{
    FILE *file = fopen(path, "re");

    if (!file)
        snprintf(
            error, CERTIFICATE_ERROR_BYTES,
            "cannot read %.200s: %s; it must be there, and readable for whom the relay runs as",
            path, strerror(errno));
    return file;
}

/* Nobody is there to ask for a passphrase. */
static int on_passphrase(char *buffer, int size, int is_writing, void *context)
{
    bool *is_encrypted = context;

    (void)size;
    (void)is_writing;
    *buffer = '\0';
    *is_encrypted = true;
    return -1;
}

/* The leaf comes first, as every server wants it. */
static bool read_chain(struct certificate *certificate, FILE *file)
{
    X509 *next;

    certificate->leaf = PEM_read_X509(file, NULL, NULL, NULL);
    certificate->chain = sk_X509_new_null();
    if (!certificate->leaf || !certificate->chain)
        return false;
    while (sk_X509_num(certificate->chain) < CHAIN_MAX &&
           (next = PEM_read_X509(file, NULL, NULL, NULL)))
        if (sk_X509_push(certificate->chain, next) <= 0) {
            X509_free(next);
            return false;
        }
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

static bool load_chain(struct certificate *certificate, const char *path, char *error)
{
    FILE *file = open_file(path, error);
    bool is_read;

    if (!file)
        return false;
    is_read = read_chain(certificate, file);
    fclose(file);
    return is_read || complain(error, path,
                               "not a certificate and its chain in PEM; each begins with "
                               "-----BEGIN CERTIFICATE-----");
}

static bool load_key(struct certificate *certificate, const char *path, char *error)
{
    FILE *file = open_file(path, error);
    bool is_encrypted = false;

    if (!file)
        return false;
    certificate->key = PEM_read_PrivateKey(file, NULL, on_passphrase, &is_encrypted);
    fclose(file);
    if (is_encrypted)
        return complain(error, path,
                        "this key has a passphrase, and nobody can be asked for it; "
                        "write it without one: openssl pkey -in FILE -out NEW");
    return certificate->key ||
           complain(error, path,
                    "not a private key in PEM; it begins with -----BEGIN PRIVATE KEY-----");
}

void certificate_print_expiry(const struct certificate *certificate,
                              char date[CERTIFICATE_DATE_BYTES])
{
    struct tm utc = {0};

    ASN1_TIME_to_tm(X509_get0_notAfter(certificate->leaf), &utc);
    strftime(date, CERTIFICATE_DATE_BYTES, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static bool is_valid_now(const struct certificate *certificate, const char *path, char *error)
{
    char date[CERTIFICATE_DATE_BYTES];

    if (X509_cmp_current_time(X509_get0_notBefore(certificate->leaf)) > 0)
        return complain(error, path, "not valid yet; look at the clock of this machine");
    if (X509_cmp_current_time(X509_get0_notAfter(certificate->leaf)) > 0)
        return true;
    certificate_print_expiry(certificate, date);
    snprintf(error, CERTIFICATE_ERROR_BYTES, "%.200s: expired at %s; have it renewed", path, date);
    return false;
}

/* Tries it in a context of its own: OpenSSL refuses weak keys and digests as well. */
static bool is_usable(const struct certificate *certificate, const char *path, char *error)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    bool is_good = context && tls_set_rules(context) && certificate_use(certificate, context);

    SSL_CTX_free(context);
    if (!is_good)
        snprintf(error, CERTIFICATE_ERROR_BYTES, "%.200s: OpenSSL does not take it: %s", path,
                 ERR_reason_error_string(ERR_peek_last_error()));
    return is_good;
}

static bool load(struct certificate *certificate, const char *cert_path, const char *key_path,
                 char *error)
{
    if (!load_chain(certificate, cert_path, error) || !load_key(certificate, key_path, error))
        return false;
    if (X509_check_private_key(certificate->leaf, certificate->key) != 1) {
        snprintf(
            error, CERTIFICATE_ERROR_BYTES,
            "%.200s is not the key of %.200s; put the certificate of this key first in its file",
            key_path, cert_path);
        return false;
    }
    return is_valid_now(certificate, cert_path, error) && is_usable(certificate, cert_path, error);
}

struct certificate *certificate_load(const char *cert_path, const char *key_path,
                                     char error[CERTIFICATE_ERROR_BYTES])
{
    struct certificate *certificate = calloc(1, sizeof(*certificate));
    bool is_loaded;

    if (!certificate) {
        snprintf(error, CERTIFICATE_ERROR_BYTES, "out of memory");
        return NULL;
    }
    ERR_clear_error();
    is_loaded = load(certificate, cert_path, key_path, error);
    ERR_clear_error(); /* what is left here would be taken for a fault of some connection */
    if (is_loaded)
        return certificate;
    certificate_free(certificate);
    return NULL;
}

bool certificate_use(const struct certificate *certificate, SSL_CTX *context)
{
    return SSL_CTX_use_cert_and_key(context, certificate->leaf, certificate->key,
                                    certificate->chain, 1) == 1;
}

void certificate_free(struct certificate *certificate)
{
    if (!certificate)
        return;
    X509_free(certificate->leaf);
    EVP_PKEY_free(certificate->key);
    sk_X509_pop_free(certificate->chain, X509_free);
    free(certificate);
}
