/*
 * An exchange: one request and its answer. It is made at the first byte of the request and
 * carries whatever is known of it; its peer has none between two requests.
 *
 * Most are over before the bytes that brought the request have been read to their end. An
 * exchange that is not waits for a read, or for its client to take the rest of the
 * answer, or is a stream of events. Its peer is not read meanwhile: requests are answered
 * in their order, and what had come with this one is held, at most one read of 8 KiB.
 *
 * Answering may end the exchange: whoever calls a function that answers, here or in
 * document.h, reads.h, events.h and reply.h, does not touch the exchange after it.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "http/state.h"

/* At the first byte of a request. NULL: memory ran out. */
struct exchange *exchange_new(struct http *http, struct peer *peer);

/* It has been answered, and all is sent or being sent: the next request, or the end. */
void exchange_end(struct exchange *exchange);

/* Keeps what came behind the request. False: memory ran out. */
bool exchange_hold(struct exchange *exchange, const char *bytes, size_t length) MUST_CHECK;

/* It has to go on: at the end of the turn, not from within the hub. */
void exchange_wake(struct exchange *exchange);

/* Its stream is over, if it has one. */
void exchange_end_stream(struct exchange *exchange);

/* Its peer is gone. */
void exchange_free(struct exchange *exchange);

#endif
