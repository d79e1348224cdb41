/*
 * The body of an answer, shared by all connections that are sent it. It stays until the last
 * of them has it, also when there is a newer body.
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

/* A copy of the bytes, with one use, which the caller releases. NULL: memory ran out. */
struct body *body_new(const void *bytes, size_t length);

/* Adds a use. Returns the body. */
struct body *body_use(struct body *body);

/* Ends a use; the last frees the body. NULL is allowed. */
void body_release(struct body *body);

/* The bytes of all bodies that there are, and of what is about to become one. */
size_t body_total(void);

/* Something that is about to become a body had so many bytes, and has so many now. */
void body_count(size_t before, size_t now);

#endif
