/*
 * Server-Sent Events, as the HTML standard has them: a message as one event.
 *
 *     id: 9f3c1e5ab2d40718:58          where to resume; only where that changes
 *     event: commentary                the type of the message
 *     data: {"type":"commentary",…}    the message, which is one line
 *     (an empty line)
 *
 * Events are made of the frames when they are sent; no copy is kept in this form.
 */
#ifndef SSE_H
#define SSE_H

#include <stdint.h>

#include "base/buffer.h"
#include "wire/message.h"

#define SSE_NO_ID (-1)

/* Resuming at EPOCH:seq gives what comes after this event. */
void sse_add_event(struct buffer *out, const struct message *message, const char *epoch,
                   int64_t seq);

/* The same in two parts, with the text of the message between them. */
void sse_begin_event(struct buffer *out, const struct message *message, const char *epoch,
                     int64_t seq);
#define SSE_EVENT_END "\n\n"

/* How long the client waits before it connects again. */
void sse_add_retry(struct buffer *out, int64_t retry_ms);

/* Nothing: shows that the connection lives. */
void sse_add_heartbeat(struct buffer *out);

/* The last event: why the stream ends. */
void sse_add_close(struct buffer *out, unsigned code, const char *reason);

#endif
