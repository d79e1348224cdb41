/*
 * Writes foreign texts into HTML. They always stay text: they can begin or end no element, no
 * attribute and no script.
 *
 * All texts are UTF-8.
 */
#ifndef MARKUP_H
#define MARKUP_H

#include <stddef.h>

#include "base/buffer.h"

/*
 * Adds a text that is between two tags, or between the double quotes of an attribute. Control
 * characters become blanks, because HTML cannot express them.
 *
 *     R&D <b>"x"</b>   becomes   R&amp;D &lt;b&gt;&quot;x&quot;&lt;/b&gt;
 */
void markup_add_text(struct buffer *out, const char *text);

/*
 * Adds JSON inside a script element. Characters that could end the element, or a line of
 * JavaScript, are written as escapes of JSON; in JSON they can only be in a string.
 *
 *     "</script>"   becomes   "\u003c/script\u003e"
 */
void markup_add_json(struct buffer *out, const char *json, size_t length);

/*
 * Adds one line of plain text, not escaped: at most max_characters, without line breaks, without
 * control characters, and without characters that change the direction of the text after them. It
 * is for places without an element of their own, such as a title.
 */
void markup_add_line(struct buffer *out, const char *text, size_t max_characters);

#endif
