/*
 * Server-Sent Events, as the HTML standard has them: a message as one event.
 *
 *     id: 9f3c1e5ab2d40718:58          or, of several matches, 9f3c1e5ab2d40718:7=58,9=12: where to
 * resume; only where that changes event: commentary                the type of the message data:
 * {"type":"commentary",…}    the message, which is one line (an empty line)
 *
 * Events are made of the frames when they are sent; no copy is kept in this form.
 */
#ifndef SSE_H
#define SSE_H

#include <stdint.h>

#include "base/buffer.h"
#include "wire/message.h"

#define SSE_NO_ID (-1)

/* Where a stream of several matches stands in one of them. */
struct sse_place {
    int64_t match_id; /* 0: the lobby */
    int64_t seq;      /* SSE_NO_ID: nowhere yet in this epoch */
    int64_t since;    /* from where it was to be resumed; SSE_NO_ID: from nowhere */
};

/* The id of the event that follows: resuming at EPOCH:seq gives what comes after it. */
void sse_add_id(struct buffer *out, const char *epoch, int64_t seq);

/* The same for a stream of several matches: EPOCH:7=58,lobby=12. At least one has a place. */
void sse_add_places(struct buffer *out, const char *epoch, const struct sse_place *places,
                    int count);

void sse_add_event(struct buffer *out, const struct message *message);

/* The same in two parts, with the text of the message between them. */
void sse_begin_event(struct buffer *out, const struct message *message);
#define SSE_EVENT_END "\n\n"

/* How long the client waits before it connects again. */
void sse_add_retry(struct buffer *out, int64_t retry_ms);

/* Nothing: shows that the connection lives. */
void sse_add_heartbeat(struct buffer *out);

/* The last event: why the stream ends. */
void sse_add_close(struct buffer *out, unsigned code, const char *reason);

#endif
