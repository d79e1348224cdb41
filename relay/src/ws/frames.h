/*
 * What a viewer sends over a WebSocket: the receiving side of RFC 6455, section 5 to 8.
 *
 *     FRRR oooo  1 lllllll  [16 or 64 bits of length]  mask (4 bytes)  payload
 *
 * F ends a message; R must be 0, for no extension is ever agreed on. Every frame must be
 * masked, and its length written as short as it can be. Control frames have at most 125
 * bytes and are whole; they may come between the fragments of a message. Text, and the
 * reason of a close, must be UTF-8; that is checked as it comes.
 *
 * It is pure, and the events are the same however the bytes are cut. What comes whole is
 * unmasked where it stands and not copied; what comes in pieces is kept, at most
 * `bytes_max` of a message and 125 of a control frame, until the event for it is done with.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/utf8.h"
#include "wire/frame.h"

struct frames_pieces;

/* Of a connection. Zeroed when it begins, but for bytes_max. */
struct frames {
    struct frames_pieces *pieces; /* of a message and a control frame; NULL: none */
    uint32_t bytes_max;           /* of a message; more is a violation with 1009 */
    uint32_t length, missing;     /* of the payload of the frame that is being read */
    uint8_t header[14];
    uint8_t header_length; /* so much of it is here */
    uint8_t message;       /* enum frame_opcode of a message that is not complete, or 0 */
    struct utf8 utf8;
    bool is_in_payload;
    bool is_closed; /* after a close or a violation: what comes is ignored */
};

enum frames_result {
    FRAMES_MORE,      /* all was taken */
    FRAMES_FRAGMENT,  /* of a message that goes on: for the rate of frames */
    FRAMES_TEXT,      /* a whole message */
    FRAMES_BINARY,    /* the same */
    FRAMES_PING,      /* to be answered with a pong of the same payload */
    FRAMES_PONG,      /* whatever it answers */
    FRAMES_CLOSE,     /* to be answered with `code`, or with no code if that is 0 */
    FRAMES_VIOLATION, /* the connection has to be closed with `code` */
};

struct frames_event {
    uint8_t *bytes; /* the payload; of a close, its reason */
    size_t length;
    uint16_t code;
    const char *reason; /* of a violation */
};

/*
 * Reads up to the next event. The bytes are unmasked in place; *bytes and *length move on
 * to what is left. What the event has lives until the next call: call it until it returns
 * MORE, which frees what is not needed any more.
 */
enum frames_result frames_read(struct frames *frames, uint8_t **bytes, size_t *length,
                               struct frames_event *event) MUST_CHECK;

/* At any time; what came in pieces is gone. */
void frames_clear(struct frames *frames);

#endif
