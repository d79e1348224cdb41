/*
 * A text that grows. Its bytes always end with a NUL that is not counted, and are never NULL
 * after something was added. A tool that gets no memory ends: it has nothing else to do.
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

/* Takes the first so many bytes away. */
void text_drop(struct text *text, size_t length);

/* Empty again; keeps its memory. */
void text_clear(struct text *text);
void text_free(struct text *text);

/* A copy that the user of this frees; NULL stays NULL. */
char *text_copy(const char *string);

#endif
