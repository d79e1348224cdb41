/* Texts that others wrote, inside of HTML. */
#include "base/markup.h"

#include <stdbool.h>
#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"

/* ---- text ---- */

static const char *entity_of(unsigned char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return (byte < ' ' && byte != '\n') || byte == 0x7f ? " " : NULL;
    }
}

void markup_add_text(struct buffer *out, const char *text)
{
    const char *begin = text;

    for (; *text; text++) {
        const char *entity = entity_of((unsigned char)*text);

        if (!entity)
            continue;
        buffer_add(out, begin, (size_t)(text - begin));
        buffer_add_text(out, entity);
        begin = text + 1;
    }
    buffer_add(out, begin, (size_t)(text - begin));
}

/* ---- JSON ---- */

/* U+2028 and U+2029, which end a line of JavaScript. */
static bool is_separator(const char *json, size_t length)
{
    return length >= 3 &&
           (memcmp(json, "\xe2\x80\xa8", 3) == 0 || memcmp(json, "\xe2\x80\xa9", 3) == 0);
}

void markup_add_json(struct buffer *out, const char *json, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    size_t begin = 0;

    for (size_t i = 0; i < length; i++) {
        bool is_end = is_separator(json + i, length - i);
        char escape[] = "\\u00xx";

        if (!is_end && json[i] != '<' && json[i] != '>' && json[i] != '&')
            continue;
        escape[4] = digits[json[i] >> 4 & 15];
        escape[5] = digits[json[i] & 15];
        buffer_add(out, json + begin, i - begin);
        if (is_end)
            buffer_add_text(out, json[i + 2] == '\xa8' ? "\\u2028" : "\\u2029");
        else
            buffer_add_text(out, escape);
        i += is_end ? 2 : 0;
        begin = i + 1;
    }
    buffer_add(out, json + begin, length - begin);
}

/* ---- lines ---- */

/* Bytes of the character; the text is UTF-8, but a length never passes its end. */
static size_t character_bytes(const char *text)
{
    size_t length = 1;

    while (length < 4 && (text[length] & 0xc0) == 0x80)
        length++;
    return length;
}

/*
 * Blanks and control characters (U+0000 to U+0020, U+007F to U+00A0), separators of lines
 * (U+2028, U+2029), embeddings and overrides (U+202A to U+202E), isolates (U+2066 to U+2069).
 */
static bool is_blank(const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;

    if (*byte <= ' ' || *byte == 0x7f)
        return true;
    if (byte[0] == 0xc2)
        return byte[1] <= 0xa0;
    if (byte[0] != 0xe2)
        return false;
    return (byte[1] == 0x80 && byte[2] >= 0xa8 && byte[2] <= 0xae) ||
           (byte[1] == 0x81 && byte[2] >= 0xa6 && byte[2] <= 0xa9);
}

static const char *skip_blanks(const char *text)
{
    while (*text && is_blank(text))
        text += character_bytes(text);
    return text;
}

void markup_add_line(struct buffer *out, const char *text, size_t max_characters)
{
    size_t count = 0;

    text = skip_blanks(text);
    while (*text) {
        size_t length = character_bytes(text);
        const char *next = is_blank(text) ? skip_blanks(text) : text + length;
        bool is_last = ++count == max_characters;

        if (is_last && *next) {
            buffer_add_text(out, ELLIPSIS);
            return;
        }
        if (is_blank(text))
            buffer_add_text(out, *next ? " " : "");
        else
            buffer_add(out, text, length);
        text = next;
    }
}
