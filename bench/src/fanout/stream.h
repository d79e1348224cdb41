/*
 * The bytes of a connection, taken apart: the answer to the handshake, WebSocket
 * frames as a server sends them (RFC 6455, not masked, whole messages), or lines.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stddef.h>

enum stream_kind {
    STREAM_TEXT = 0x1,
    STREAM_BINARY = 0x2, /* in which a broker puts its own messages */
    STREAM_CLOSE = 0x8,
    STREAM_PING = 0x9,
    STREAM_PONG = 0xa,
    STREAM_SHAKE = 0x100,
    STREAM_SUBSCRIBED, /* of a broker: see broker.h */
    STREAM_OTHER,
};

#define STREAM_CONTROL_MAX (6 + 125)

struct stream_part {
    enum stream_kind kind;
    const char *bytes;
    size_t length;
};

/* Each takes one part off the front and returns how many bytes that was; 0: not whole. */
size_t stream_shake(struct stream_part *part, const char *bytes, size_t length);
size_t stream_frame(struct stream_part *part, const char *bytes, size_t length);
size_t stream_line(struct stream_part *part, const char *bytes, size_t length);

/* A frame of a client, of at most 125 bytes. Returns its length. */
size_t stream_put_frame(char *out, enum stream_kind kind, const char *bytes, size_t length);

#endif
