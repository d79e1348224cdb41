/* JSON from outside: one text, whole. */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>
#include <stddef.h>
#include <string.h>

/*
 * NULL: it is no JSON. A NUL is none either, but jansson overlooks one behind a number
 * (lex_scan_number() in its load.c), and what is copied up to the NUL would not be whole.
 * The error may be NULL. The caller owns the value.
 */
static inline json_t *json_read(const char *text, size_t length, size_t flags, json_error_t *error)
{
    return memchr(text, '\0', length) ? NULL : json_loadb(text, length, flags, error);
}

#endif
