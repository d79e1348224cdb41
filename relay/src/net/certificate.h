/*
 * A certificate with its chain and its key. It is checked completely when it is loaded,
 * so that a running relay does not replace a good certificate by a bad one.
 */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct certificate;

#define CERTIFICATE_ERROR_BYTES 512
#define CERTIFICATE_DATE_BYTES 40

/*
 * Loads it from files in PEM. Certificate and key must belong together, and the certificate must be
 * valid now. NULL: the error has the file, what is wrong with it, and what to do.
 */
struct certificate *certificate_load(const char *cert_path, const char *key_path,
                                     char error[CERTIFICATE_ERROR_BYTES]) MUST_CHECK;

/*
 * New connections of this context use it from now on; existing connections keep
 * theirs. False: memory ran out, and the context still uses the certificate before.
 */
bool certificate_use(const struct certificate *certificate, SSL_CTX *context) MUST_CHECK;

/* Writes the time at which it expires. */
void certificate_print_expiry(const struct certificate *certificate,
                              char date[CERTIFICATE_DATE_BYTES]);

/* NULL is allowed. A context that uses it has its own reference. */
void certificate_free(struct certificate *certificate);

#endif
