/* Parses JSON from outside the process: one value, which is the whole text. */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>
#include <stddef.h>
#include <string.h>

/*
 * NULL: the text is not JSON. A text with a NUL is refused as well, although jansson accepts a
 * NUL after a number (lex_scan_number() in its load.c): a copy up to the NUL would be cut. The
 * error may be NULL. Release the value with json_decref().
 */
static inline json_t *json_read(const char *text, size_t length, size_t flags, json_error_t *error)
{
    return memchr(text, '\0', length) ? NULL : json_loadb(text, length, flags, error);
}

#endif
