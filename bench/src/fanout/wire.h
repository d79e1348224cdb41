/*
 * The bytes of one connection, bare or through TLS. The certificate of the server is not
 * checked: what is measured is the server's work, and it is the same.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct wire; /* the TLS of a connection; NULL: it has none */

/* Before the first connection. */
void wire_use_tls(void);

/* Once the descriptor is connected. NULL without wire_use_tls(). */
struct wire *wire_new(int fd);
void wire_free(struct wire *wire);

/* 1: the handshake of TLS is done. 0: it waits for the server. -1: it has failed. */
int wire_shake(struct wire *wire);

/* As send() and recv(), which they are without a wire. */
ssize_t wire_send(struct wire *wire, int fd, const char *bytes, size_t length);
ssize_t wire_receive(struct wire *wire, int fd, char *bytes, size_t length);

#endif
