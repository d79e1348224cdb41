/*
 * WebSocket framing, RFC 6455 section 5.2, as a server sends it: whole
 * messages (FIN set), never masked.
 *
 *     1000 oooo  0 lllllll   length up to 125
 *     1000 oooo  0 1111110   16-bit length, 126 to 65,535
 *     1000 oooo  0 1111111   64-bit length, from 65,536
 */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"

enum frame_opcode {
    FRAME_CONTINUATION = 0x0,
    FRAME_TEXT = 0x1,
    FRAME_BINARY = 0x2,
    FRAME_CLOSE = 0x8,
    FRAME_PING = 0x9,
    FRAME_PONG = 0xa,
};

#define FRAME_HEADER_MAX 10

/* How many bytes the header of so long a payload takes: 2, 4 or 10. */
size_t frame_header_length(size_t payload_length);

/* Writes the header and returns its length; there must be room for it. */
size_t frame_put_header(uint8_t *out, enum frame_opcode opcode, size_t payload_length);

/* A control frame carries at most 125 bytes (RFC 6455 section 5.5). */
#define FRAME_CONTROL_MAX (2 + 125)

/* Writes a close frame and returns its length; a reason too long is cut. */
size_t frame_put_close(uint8_t out[FRAME_CONTROL_MAX], uint16_t code, const char *reason);

/*
 * Whether a peer may send this in a close frame: nothing, or a code that RFC 6455
 * section 7.4 lets be sent, or that is registered with IANA, and a reason.
 *
 *     valid     ""   03 e8   0f a0 "bye"
 *     invalid   03   03 ed (1005 stands for no code)   ff ff
 */
bool frame_close_is_right(const uint8_t *payload, size_t length) MUST_CHECK;

/* Bytes that somebody else owns. */
struct span {
    const uint8_t *bytes;
    size_t length;
};

/*
 * A text message written into a buffer before its length is known: begin, add
 * the payload, end. The span ends with the next change of the buffer; its
 * length is 0 when memory ran out.
 */
void frame_begin(struct buffer *buffer);
struct span frame_end(struct buffer *buffer);

/* The opcode of the first of whole frames; there must be one. */
static inline enum frame_opcode frame_opcode(struct span frames)
{
    return (enum frame_opcode)(frames.bytes[0] & 0x0f);
}

/* Takes the first of whole frames of our own and sets its payload. False: none is left. */
bool frame_take(struct span *frames, struct span *payload) MUST_CHECK;

#endif
