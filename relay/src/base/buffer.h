/*
 * A growing array of bytes, in which a message is put together before it is sent.
 *
 * When memory runs out, is_broken is set, and is checked once, at the end: a message
 * is made of many small pieces, and a check after each would make the code hard to read.
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct buffer {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
    bool is_broken; /* memory ran out: the content is not whole */
};

/* Empties it and keeps the memory. */
void buffer_clear(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_number(struct buffer *buffer, int64_t number);

/* Adds a JSON string, quotes included. The text must be UTF-8. */
void buffer_add_json(struct buffer *buffer, const char *text);

#endif
