/*
 * The rules of every TLS connection: TLS 1.2 and later, forward secrecy, and little
 * memory for one that is idle.
 */
#ifndef TLS_H
#define TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/attr.h"

/* False: this version of OpenSSL does not support them. */
bool tls_set_rules(SSL_CTX *context) MUST_CHECK;

/* Tells the other end that no data follows. All data must have been sent before. */
void tls_end(SSL *connection);

#endif
