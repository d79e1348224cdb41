/*
 * The body of an answer, shared by all connections to which it is sent. It stays until it has been
 * sent to the last of them, also when there is a newer body.
 */
#ifndef BODY_H
#define BODY_H

#include <stddef.h>
#include <stdint.h>

struct body {
    unsigned users;
    size_t length;
    struct body *packed; /* the same, compressed: it goes with this one. NULL: it is not made */
    uint8_t bytes[];
};

/* A body with a copy of the bytes, and one use: end it with body_release(). NULL: memory ran out.
 */
struct body *body_new(const void *bytes, size_t length);

/* Adds a use. Returns the body. */
struct body *body_use(struct body *body);

/* Ends a use; the last frees the body. NULL is allowed. */
void body_release(struct body *body);

/* The bytes of all bodies, and of the buffers that will become one. */
size_t body_total(void);

/* A buffer that will become a body has changed its size, in bytes. */
void body_count(size_t before, size_t now);

#endif
