/*
 * The members of an object of JSON as they are written. jansson keeps a number as a double, which
 * has some 16 digits; PostgreSQL keeps every digit, so what is passed on is the text.
 *
 *   {"metadata": {"xg": 0.12345678901234567890}, …}     metadata → {"xg": 0.12345678901234567890}
 */
#ifndef MEMBERS_H
#define MEMBERS_H

#include <stddef.h>

struct members {
    const char *at;
};

/* Begins before the first member. The text must be one that jansson has read as an object. */
void members_begin(struct members *members, const char *object);

/* The value of the next member, in the order in which jansson has them; *length is its bytes. Must
 * be called at most as often as there are members. */
const char *members_next(struct members *members, size_t *length);

#endif
