/* WebSocket framing of what the relay sends. */
#include "wire/frame.h"

#include <string.h>

size_t frame_header_length(size_t payload_length)
{
    if (payload_length < 126)
        return 2;
    return payload_length <= UINT16_MAX ? 4 : FRAME_HEADER_MAX;
}

size_t frame_put_header(uint8_t *out, enum frame_opcode opcode, size_t payload_length)
{
    size_t header_length = frame_header_length(payload_length);
    uint64_t rest = payload_length;

    out[0] = (uint8_t)(0x80 | opcode);
    if (header_length == 2) {
        out[1] = (uint8_t)payload_length;
        return header_length;
    }
    out[1] = header_length == 4 ? 126 : 127;
    for (size_t i = header_length; i-- > 2; rest >>= 8)
        out[i] = (uint8_t)(rest & 0xff);
    return header_length;
}

/* Room for the longest header; the header that is needed goes right before the payload. */
void frame_begin(struct buffer *buffer)
{
    static const uint8_t room[FRAME_HEADER_MAX];

    buffer_clear(buffer);
    buffer_add(buffer, room, sizeof(room));
}

struct span frame_end(struct buffer *buffer)
{
    size_t payload_length, start;

    if (buffer->is_broken)
        return (struct span){NULL, 0};
    payload_length = buffer->length - FRAME_HEADER_MAX;
    start = FRAME_HEADER_MAX - frame_header_length(payload_length);
    frame_put_header(buffer->bytes + start, FRAME_TEXT, payload_length);
    return (struct span){buffer->bytes + start, buffer->length - start};
}

bool frame_take(struct span *frames, struct span *payload)
{
    uint8_t code = frames->length < 2 ? 0 : frames->bytes[1];
    size_t header = code < 126 ? 2 : code == 126 ? 4 : FRAME_HEADER_MAX;
    uint64_t length = header == 2 ? code : 0;

    if (frames->length < header)
        return false;
    for (size_t i = 2; i < header; i++)
        length = length << 8 | frames->bytes[i];
    if (length > frames->length - header)
        return false;
    *payload = (struct span){frames->bytes + header, (size_t)length};
    frames->bytes += header + length;
    frames->length -= header + (size_t)length;
    return true;
}

bool frame_close_is_right(const uint8_t *payload, size_t length)
{
    unsigned code;

    if (length < 2)
        return length == 0;
    code = (unsigned)payload[0] << 8 | payload[1];
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

size_t frame_put_close(uint8_t out[FRAME_CONTROL_MAX], uint16_t code, const char *reason)
{
    size_t room = FRAME_CONTROL_MAX - 4, length = strlen(reason);

    if (length > room)
        length = room;
    frame_put_header(out, FRAME_CLOSE, 2 + length);
    out[2] = (uint8_t)(code >> 8);
    out[3] = (uint8_t)code;
    memcpy(out + 4, reason, length);
    return 4 + length;
}
