/*
 * Texts that others wrote, inside of HTML. Whatever they hold, they stay text: no element, no
 * attribute and no script begins or ends with them.
 *
 * All texts are UTF-8.
 */
#ifndef MARKUP_H
#define MARKUP_H

#include <stddef.h>

#include "base/buffer.h"

/*
 * Adds the text between two tags, or between the double quotes of an attribute. Control
 * characters become blanks, since HTML has no way to write them.
 *
 *     R&D <b>"x"</b>   becomes   R&amp;D &lt;b&gt;&quot;x&quot;&lt;/b&gt;
 */
void markup_add_text(struct buffer *out, const char *text);

/*
 * Adds JSON inside of a script element. What could end the element, or a line of JavaScript,
 * is written as an escape of JSON: it can only stand within a string there.
 *
 *     "</script>"   becomes   "\u003c/script\u003e"
 */
void markup_add_json(struct buffer *out, const char *json, size_t length);

/*
 * Adds one line of plain text, not escaped: at most max_characters, without line breaks,
 * without control characters, and without those that turn round the direction of what
 * stands behind them. For a place that has no element of its own, such as a title.
 */
void markup_add_line(struct buffer *out, const char *text, size_t max_characters);

#endif
