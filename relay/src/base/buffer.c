/* Bytes that grow by doubling. */
#include "base/buffer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES 256

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->is_broken = false;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

static bool buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t capacity = buffer->capacity ? buffer->capacity : FIRST_BYTES;
    uint8_t *bytes;

    if (buffer->is_broken)
        return false;
    if (buffer->capacity - buffer->length >= more)
        return true;
    while (capacity - buffer->length < more)
        capacity *= 2;
    bytes = realloc(buffer->bytes, capacity);
    if (!bytes) {
        buffer->is_broken = true;
        return false;
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length == 0 || !buffer_reserve(buffer, length))
        return;
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_number(struct buffer *buffer, int64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, number);
    buffer_add_text(buffer, text);
}

void buffer_add_json(struct buffer *buffer, const char *text)
{
    char escape[8];

    buffer_add(buffer, "\"", 1);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            escape[0] = '\\';
            escape[1] = (char)c;
            buffer_add(buffer, escape, 2);
        } else if (c < ' ') {
            snprintf(escape, sizeof(escape), "\\u%04x", c);
            buffer_add_text(buffer, escape);
        } else {
            buffer_add(buffer, text, 1);
        }
    }
    buffer_add(buffer, "\"", 1);
}
