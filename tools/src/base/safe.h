/*
 * Makes text of others safe for a terminal: it replaces what would move the cursor, change colours,
 * send input to the shell, or change the direction of the text beside it.
 *
 *   an escape sequence "\x1b[2J"     its ESC becomes a visible U+241B
 *   a newline, a tab                 a space: one entry is one line
 *   other control characters (C0, DEL, C1), U+2028, U+2029, characters that embed, override
 *   or isolate a direction (U+202A to U+202E, U+2066 to U+2069), bytes that are no UTF-8:
 *                                    U+FFFD, one for each
 *
 * The marks U+200E, U+200F and U+061C stay, as the extension allows them in names.
 */
#ifndef SAFE_H
#define SAFE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/text.h"

void safe_add(struct text *to, const char *from, size_t length);
void safe_add_string(struct text *to, const char *from);

/* The same for one line of JSON: unsafe characters become \uXXXX, so its value stays the same. */
void safe_add_json(struct text *to, const char *json, size_t length);

/* How many bytes, from the first on, are valid UTF-8. */
MUST_CHECK size_t safe_utf8_length(const char *from, size_t length);

#endif
