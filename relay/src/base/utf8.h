/*
 * UTF-8, checked while it comes: RFC 3629, so neither surrogates, nor code points above
 * U+10FFFF, nor more bytes than a code point needs.
 *
 * Valid:    "a"   "\xc3\xa9"   "\xf4\x8f\xbf\xbf"
 * Invalid:  "\x80"   "\xc0\x80"   "\xed\xa0\x80"   "\xf4\x90\x80\x80"   "\xff"
 */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* Where in a code point the text has been cut. All zero: between two of them. */
struct utf8 {
    uint8_t missing;   /* so many bytes of the code point are still to come */
    uint8_t low, high; /* what the next of them may be */
};

/* Takes the next piece of a text. False: the text is wrong, however it goes on. */
bool utf8_take(struct utf8 *utf8, const uint8_t *bytes, size_t length) MUST_CHECK;

/* Whether the text may end here. */
static inline bool utf8_is_whole(const struct utf8 *utf8)
{
    return utf8->missing == 0;
}

/* Whether this is valid and whole. */
bool utf8_is_right(const uint8_t *bytes, size_t length) MUST_CHECK;

#endif
