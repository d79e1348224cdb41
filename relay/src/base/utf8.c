/* Checking UTF-8. */
#include "base/utf8.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* How many of the next bytes are ASCII; most texts are nothing else. */
static size_t ascii_length(const uint8_t *bytes, size_t length)
{
    size_t at = 0;
    uint64_t eight;

    for (; at + sizeof(eight) <= length; at += sizeof(eight)) {
        memcpy(&eight, bytes + at, sizeof(eight));
        if (eight & HIGH_BITS)
            break;
    }
    while (at < length && bytes[at] < 0x80)
        at++;
    return at;
}

/* The first byte of a code point says how many follow, and bounds the second one. */
static bool begin(struct utf8 *utf8, uint8_t byte)
{
    if (byte < 0xc2 || byte > 0xf4)
        return false;
    *utf8 = (struct utf8){.missing = byte < 0xe0   ? 1
                                     : byte < 0xf0 ? 2
                                                   : 3,
                          .low = byte == 0xe0   ? 0xa0
                                 : byte == 0xf0 ? 0x90
                                                : 0x80,
                          .high = byte == 0xed   ? 0x9f
                                  : byte == 0xf4 ? 0x8f
                                                 : 0xbf};
    return true;
}

static bool go_on(struct utf8 *utf8, uint8_t byte)
{
    if (byte < utf8->low || byte > utf8->high)
        return false;
    *utf8 = (struct utf8){.missing = utf8->missing - 1, .low = 0x80, .high = 0xbf};
    return true;
}

bool utf8_take(struct utf8 *utf8, const uint8_t *bytes, size_t length)
{
    for (size_t at = 0; at < length; at++) {
        if (utf8->missing == 0) {
            at += ascii_length(bytes + at, length - at);
            if (at == length)
                return true;
        }
        if (!(utf8->missing ? go_on(utf8, bytes[at]) : begin(utf8, bytes[at])))
            return false;
    }
    return true;
}

bool utf8_is_right(const uint8_t *bytes, size_t length)
{
    struct utf8 utf8 = {0};

    return utf8_take(&utf8, bytes, length) && utf8_is_whole(&utf8);
}
