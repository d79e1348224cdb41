/*
 * What brokers speak inside WebSocket frames and on their own port: the text of NATS, and
 * MQTT 3.1.1. A viewer subscribes to one subject; the publisher sends to it, with QoS 0.
 *
 *     NATS    "PONG\r\n"   "MSG match 1 5\r\nhello\r\n"   "INFO {…}\r\n"
 *     MQTT    kind and flags, length in 7-bit digits, body
 */
#ifndef BROKER_H
#define BROKER_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"
#include "stream.h"

#define BROKER_HELLO_MAX 128
#define BROKER_HEAD_MAX 64

/* What a connection says first; a viewer also subscribes. Returns the length. */
size_t broker_hello(enum protocol protocol, bool is_viewer, char out[BROKER_HELLO_MAX]);

/* What stands before an entry that is published and, for NATS, after it. */
size_t broker_put_head(enum protocol protocol, size_t length, char out[BROKER_HEAD_MAX]);
const char *broker_tail(enum protocol protocol);

/*
 * Takes one message off the front and returns how many bytes that was; 0: not whole.
 * An entry is STREAM_TEXT, the answer to the subscription STREAM_SUBSCRIBED, and all the
 * rest STREAM_OTHER.
 */
size_t broker_next(enum protocol protocol, struct stream_part *part, const char *bytes,
                   size_t length);

#endif
