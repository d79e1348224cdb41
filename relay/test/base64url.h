/* Base64url without padding, as tokens have it: the relay itself only reads it. */
#ifndef BASE64URL_H
#define BASE64URL_H

#include <stddef.h>
#include <stdint.h>

/* Returns the length of what it writes, which it ends with a NUL that does not count. */
static inline size_t base64url_encode(char *out, const void *bytes, size_t length)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const uint8_t *from = bytes;
    uint32_t bits = 0;
    size_t written = 0;
    int count = 0;

    for (size_t i = 0; i < length; i++) {
        bits = bits << 8 | from[i];
        for (count += 8; count >= 6; count -= 6)
            out[written++] = letters[bits >> (count - 6) & 63];
    }
    if (count > 0)
        out[written++] = letters[bits << (6 - count) & 63];
    out[written] = '\0';
    return written;
}

#endif
