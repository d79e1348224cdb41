/*
 * A certificate with its chain and its key. Whatever can be wrong with one is found
 * when it is loaded, so that a running relay never loses the one it has to a bad file.
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
 * From files in PEM. They must belong together, and it must be valid now. NULL, with
 * error: a file, what is wrong with it, and what to do.
 */
struct certificate *certificate_load(const char *cert_path, const char *key_path,
                                     char error[CERTIFICATE_ERROR_BYTES]) MUST_CHECK;

/*
 * Every connection that begins in this context from now on shows it; those that are
 * there keep theirs. False: memory ran out, and the one before is still shown.
 */
bool certificate_use(const struct certificate *certificate, SSL_CTX *context) MUST_CHECK;

/* Writes the last moment at which it is valid. */
void certificate_print_expiry(const struct certificate *certificate,
                              char date[CERTIFICATE_DATE_BYTES]);

/* NULL is allowed. A context that uses it has its own reference. */
void certificate_free(struct certificate *certificate);

#endif
