#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need_room(struct text *text, size_t more)
{
    size_t wanted = text->length + more + 1;
    char *bytes;

    if (wanted <= text->room)
        return;
    if (wanted < 2 * text->room)
        wanted = 2 * text->room;
    bytes = realloc(text->bytes, wanted);
    if (!bytes) {
        (void)fputs("out of memory\n", stderr);
        exit(EXIT_FAILURE);
    }
    text->bytes = bytes;
    text->room = wanted;
}

void text_add(struct text *text, const char *bytes, size_t length)
{
    need_room(text, length);
    if (length > 0)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_add_string(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_print_list(struct text *text, const char *format, va_list arguments)
{
    va_list again;
    int length;

    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        return;
    need_room(text, length);
    (void)vsnprintf(text->bytes + text->length, length + 1, format, arguments);
    text->length += length;
}

void text_print(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_print_list(text, format, arguments);
    va_end(arguments);
}

void text_drop(struct text *text, size_t length)
{
    if (length == 0)
        return;
    text->length -= length;
    memmove(text->bytes, text->bytes + length, text->length + 1);
}

void text_clear(struct text *text)
{
    text->length = 0;
    if (text->bytes)
        text->bytes[0] = '\0';
}

void text_free(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

char *text_copy(const char *string)
{
    struct text copy = {0};

    if (!string)
        return NULL;
    text_add_string(&copy, string);
    return copy.bytes;
}
