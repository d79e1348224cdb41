/*
 * An outbox: the bytes that a client has not taken yet, as references to shared bodies.
 *
 * Only a peer whose client reads too slowly has an outbox. Bodies are counted (body_total),
 * so that all outboxes together stay within a bound: see peers_shed in peer.h.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/body.h"
#include "wire/frame.h"

/* A client has to take this much on average … */
#define OUTBOX_BYTES_PER_S 4096
/* … once it has had so long. */
#define OUTBOX_GRACE_MS 10000

struct outbox;

/* NULL: memory ran out. */
struct outbox *outbox_new(int64_t now_ms);

/* Adds a part of a body, which gets one more user. False: memory ran out. */
bool outbox_add(struct outbox *outbox, struct body *body, size_t from, size_t length) MUST_CHECK;

/* The same with a copy of these bytes. */
bool outbox_add_copy(struct outbox *outbox, const void *bytes, size_t length) MUST_CHECK;

/* The next bytes to send, at most so many; length 0: it is empty. */
struct span outbox_next(const struct outbox *outbox, size_t bytes_max);

/* So many of the next bytes have been sent. */
void outbox_advance(struct outbox *outbox, size_t length);

/* Whether its client has taken less on average than it has to. */
bool outbox_is_too_slow(const struct outbox *outbox, int64_t now_ms);

/* NULL is allowed. */
void outbox_free(struct outbox *outbox);

#endif
