/* Handshake, frames, lines. */
#include "stream.h"

#include <stdint.h>
#include <string.h>

size_t stream_shake(struct stream_part *part, const char *bytes, size_t length)
{
    const char *end = memmem(bytes, length, "\r\n\r\n", 4);

    if (!end)
        return 0;
    *part = (struct stream_part){STREAM_SHAKE, bytes, (size_t)(end + 4 - bytes)};
    return part->length;
}

size_t stream_frame(struct stream_part *part, const char *bytes, size_t length)
{
    const uint8_t *head = (const uint8_t *)bytes;
    size_t head_length = 2, body_length;

    if (length < 2)
        return 0;
    body_length = head[1] & 0x7f;
    if (body_length >= 126) {
        head_length = body_length == 126 ? 4 : 10;
        if (length < head_length)
            return 0;
        body_length = 0;
        for (size_t i = 2; i < head_length; i++)
            body_length = body_length << 8 | head[i];
    }
    if (length - head_length < body_length)
        return 0;
    *part =
        (struct stream_part){(enum stream_kind)(head[0] & 0xf), bytes + head_length, body_length};
    return head_length + body_length;
}

size_t stream_line(struct stream_part *part, const char *bytes, size_t length)
{
    const char *end = memchr(bytes, '\n', length);

    if (!end)
        return 0;
    *part = (struct stream_part){STREAM_TEXT, bytes, (size_t)(end - bytes)};
    return part->length + 1;
}

/* Masked with zeros: a mask is for proxies that can be misled, and there is none. */
size_t stream_put_frame(char *out, enum stream_kind kind, const char *bytes, size_t length)
{
    out[0] = (char)(0x80 | kind);
    out[1] = (char)(0x80 | length);
    memset(out + 2, 0, 4);
    memcpy(out + 6, bytes, length);
    return 6 + length;
}
