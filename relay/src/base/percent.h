/*
 * Percent escapes of a URI, RFC 3986 section 2.1.
 *
 *     escape = "%" hex hex        "%2f" and "%2F" are the same byte
 */
#ifndef PERCENT_H
#define PERCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* The byte that an escape stands for; text[0] is its percent sign. -1: it is no escape. */
int percent_byte(const char *text, size_t length) MUST_CHECK;

/*
 * Decodes every escape of a text in place and returns its new length; it is not ended
 * with a NUL. It is for the value of one parameter, after the query has been split.
 * The text must have been checked: a wrong escape is left unchanged.
 */
size_t percent_decode(char *text, size_t length);

#endif
