/* Bare sockets and OpenSSL. */
#include "wire.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "../fail.h"

static SSL_CTX *context;

/* Read-ahead takes a record with one recv() instead of two. */
void wire_use_tls(void)
{
    context = SSL_CTX_new(TLS_client_method());
    if (!context)
        fail("cannot prepare TLS");
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static SSL *ssl_of(struct wire *wire)
{
    return (SSL *)wire;
}

struct wire *wire_new(int fd)
{
    SSL *ssl;

    if (!context)
        return NULL;
    ssl = SSL_new(context);
    if (!ssl || SSL_set_fd(ssl, fd) != 1)
        fail("cannot begin TLS");
    SSL_set_connect_state(ssl);
    return (struct wire *)ssl;
}

void wire_free(struct wire *wire)
{
    SSL_free(ssl_of(wire));
}

static bool must_wait(SSL *ssl, int result)
{
    int error = SSL_get_error(ssl, result);

    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

int wire_shake(struct wire *wire)
{
    int result = SSL_do_handshake(ssl_of(wire));

    if (result == 1)
        return 1;
    return must_wait(ssl_of(wire), result) ? 0 : -1;
}

ssize_t wire_send(struct wire *wire, int fd, const char *bytes, size_t length)
{
    if (!wire)
        return send(fd, bytes, length, MSG_NOSIGNAL);
    return SSL_write(ssl_of(wire), bytes, (int)length);
}

/* All records that are there: epoll does not tell of those that OpenSSL has read already. */
ssize_t wire_receive(struct wire *wire, int fd, char *bytes, size_t length)
{
    size_t got = 0;
    int result = 0;

    if (!wire)
        return recv(fd, bytes, length, 0);
    while (got < length) {
        result = SSL_read(ssl_of(wire), bytes + got, (int)(length - got));
        if (result <= 0)
            break;
        got += (size_t)result;
    }
    if (got > 0)
        return (ssize_t)got;
    if (!must_wait(ssl_of(wire), result))
        return 0;
    errno = EAGAIN;
    return -1;
}
