/*
 * Checks UTF-8 piece by piece, by RFC 3629: no surrogates, no code points above U+10FFFF,
 * and no more bytes than a code point needs.
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

/* The place in a code point at which a piece ended. Zeroed: between two code points. */
struct utf8 {
    uint8_t missing;   /* how many bytes of the code point have still to come */
    uint8_t low, high; /* the range of the next of them */
};

/* Checks the next piece of a text. False: the text is not UTF-8, whatever follows. */
bool utf8_take(struct utf8 *utf8, const uint8_t *bytes, size_t length) MUST_CHECK;

/* Whether the text may end here, which is between two code points. */
static inline bool utf8_is_whole(const struct utf8 *utf8)
{
    return utf8->missing == 0;
}

/* Whether this is valid and whole. */
bool utf8_is_right(const uint8_t *bytes, size_t length) MUST_CHECK;

#endif
