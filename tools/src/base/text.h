/*
 * A text that grows. Its bytes end with a NUL that is not counted. They are NULL until something is
 * added. If memory runs out, the tool ends.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stddef.h>

#include "base/attr.h"

struct text {
    char *bytes;
    size_t length;
    size_t room;
};

void text_add(struct text *text, const char *bytes, size_t length);
void text_add_string(struct text *text, const char *string);
void text_print(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_print_list(struct text *text, const char *format, va_list arguments) PRINTF_LIKE(2, 0);

/* Removes the first `length` bytes. */
void text_drop(struct text *text, size_t length);

/* Empties the text, and keeps its memory. */
void text_clear(struct text *text);
void text_free(struct text *text);

/* A copy, to be released with free(); NULL stays NULL. */
char *text_copy(const char *string);

#endif
