#include "base/safe.h"

#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"
#define NOT_UTF8 UINT32_MAX

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* The bytes that a character of this first byte has; 0 when none begins so. */
static size_t size_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first < 0xE0)
        return 2;
    if (first >= 0xE0 && first < 0xF0)
        return 3;
    if (first >= 0xF0 && first < 0xF5)
        return 4;
    return 0;
}

/* The first character of so many bytes, and its size; NOT_UTF8 with size 1. */
static uint32_t decode(const char *from, size_t length, size_t *size)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t wanted = size_of((unsigned char)from[0]);
    uint32_t character = (unsigned char)from[0];

    *size = 1;
    if (wanted == 1)
        return character;
    if (wanted == 0 || wanted > length)
        return NOT_UTF8;
    character &= 0x7Fu >> wanted;
    for (size_t i = 1; i < wanted; i++) {
        if (!is_continuation(from[i]))
            return NOT_UTF8;
        character = character << 6 | ((unsigned char)from[i] & 0x3F);
    }
    if (character < smallest[wanted] || character > 0x10FFFF ||
        (character >= 0xD800 && character < 0xE000))
        return NOT_UTF8;
    *size = wanted;
    return character;
}

size_t safe_utf8_length(const char *from, size_t length)
{
    size_t i = 0, size = 0;

    while (i < length && decode(from + i, length - i, &size) != NOT_UTF8)
        i += size;
    return i;
}

static bool is_unsafe(uint32_t character)
{
    return character < 0x20 || (character >= 0x7F && character < 0xA0) || character == 0x2028 ||
           character == 0x2029 || (character >= 0x202A && character <= 0x202E) ||
           (character >= 0x2066 && character <= 0x2069) || character == NOT_UTF8;
}

void safe_add(struct text *to, const char *from, size_t length)
{
    size_t size;

    text_add(to, "", 0);
    for (size_t i = 0; i < length; i += size) {
        uint32_t character = decode(from + i, length - i, &size);

        if (!is_unsafe(character))
            text_add(to, from + i, size);
        else if (character == '\n' || character == '\t')
            text_add(to, " ", 1);
        else if (character == 0x1B)
            text_add_string(to, "\xE2\x90\x9B");
        else
            text_add_string(to, REPLACEMENT);
    }
}

void safe_add_string(struct text *to, const char *from)
{
    safe_add(to, from, strlen(from));
}

void safe_add_json(struct text *to, const char *json, size_t length)
{
    size_t size;

    text_add(to, "", 0);
    for (size_t i = 0; i < length; i += size) {
        uint32_t character = decode(json + i, length - i, &size);

        if (!is_unsafe(character))
            text_add(to, json + i, size);
        else if (character == NOT_UTF8)
            text_add_string(to, "\\ufffd");
        else
            text_print(to, "\\u%04x", character);
    }
}
