/*
 * An exchange: one request and its answer. It is made at the first byte of the request and
 * carries all that is known of it; a peer has no exchange between two requests.
 *
 * Most exchanges end while the bytes of the request are being read. The others wait for a
 * read of the table, or until the client takes the rest of the answer, or they are streams of
 * events. Meanwhile nothing is read from the peer, because requests are answered in their order;
 * bytes that came after the request are kept, at most one read of 8 KiB.
 *
 * Answering may end the exchange. So no code touches an exchange after it has called a
 * function that answers, here or in document.h, reads.h, events.h and reply.h.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "http/state.h"

/* Call it at the first byte of a request. NULL: memory ran out. */
struct exchange *exchange_new(struct http *http, struct peer *peer);

/* The answer is sent or being sent: goes on with the next request, or ends the connection. */
void exchange_end(struct exchange *exchange);

/* Keeps bytes that came after the request. False: memory ran out. */
bool exchange_hold(struct exchange *exchange, const char *bytes, size_t length) MUST_CHECK;

/* Makes the exchange go on at the end of the turn; it must not go on from within the hub. */
void exchange_wake(struct exchange *exchange);

/* Ends its stream, if it has one. */
void exchange_end_stream(struct exchange *exchange);

/* Call it when the peer is gone. */
void exchange_free(struct exchange *exchange);

#endif
