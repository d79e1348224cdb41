/* The rules of every TLS connection. */
#include "net/tls.h"

#include <openssl/err.h>

/* Those of TLS 1.2; of 1.3 all are good. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

/*
 * Sessions are resumed by tickets, which the clients keep: a cache of sessions would grow with
 * viewers that have left. Renegotiation costs the relay more than the client that asks for it.
 */
bool tls_set_rules(SSL_CTX *context)
{
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, CIPHERS) == 1;
}

/* Errors that are left in the queue would be taken for errors of another connection. */
void tls_end(SSL *connection)
{
    if (connection && SSL_is_init_finished(connection))
        SSL_shutdown(connection);
    ERR_clear_error();
}
