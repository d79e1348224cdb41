/*
 * The members of a JSON object, each as jansson has read it and as it is written. jansson keeps a
 * number as a double, which has some 16 digits. PostgreSQL keeps all digits, so the tool passes on
 * the text.
 *
 *   {"metadata": {"xg": 0.12345678901234567890}, …}     metadata → {"xg": 0.12345678901234567890}
 */
#ifndef MEMBERS_H
#define MEMBERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct members {
    /* The current member. The pointers lead into the object and its text. */
    const char *name;
    const json_t *value;
    const char *written;
    size_t length; /* of `written`, in bytes */

    /* Private: */
    json_t *object;
    void *next;
    const char *at;
};

/* Begins before the first member. jansson must have read the object from this text. */
void members_begin(struct members *members, json_t *object, const char *text);

/* Goes to the next member, in the order in which they are written; false: there is none. */
bool members_next(struct members *members);

#endif
