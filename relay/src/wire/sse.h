/*
 * Server-Sent Events, as the HTML standard has them: a message as one event.
 *
 *     id: 9f3c1e5ab2d40718:58         where to resume, if that changes; in a stream of several
 *                                     matches it is 9f3c1e5ab2d40718:7=58,9=12
 *     event: commentary               the type of the message
 *     data: {"type":"commentary",…}   the message, which is one line
 *                                     an empty line
 *
 * Frames become events only when they are sent, and no copy of an event is kept.
 */
#ifndef SSE_H
#define SSE_H

#include <stdint.h>

#include "base/buffer.h"
#include "wire/message.h"

#define SSE_NO_ID (-1)

/* The place of a stream of several matches in one of them. */
struct sse_place {
    int64_t match_id; /* 0: the lobby */
    int64_t seq;      /* of the last event; SSE_NO_ID: none yet in this epoch */
    int64_t since;    /* where the client wanted to resume; SSE_NO_ID: nowhere */
};

/* Adds the id of the next event: a client that resumes at EPOCH:seq gets what comes after seq. */
void sse_add_id(struct buffer *out, const char *epoch, int64_t seq);

/* The same for a stream of several matches: EPOCH:7=58,lobby=12. At least one must have a seq. */
void sse_add_places(struct buffer *out, const char *epoch, const struct sse_place *places,
                    int count);

void sse_add_event(struct buffer *out, const struct message *message);

/* The same in two parts; the text of the message has to be sent between them. */
void sse_begin_event(struct buffer *out, const struct message *message);
#define SSE_EVENT_END "\n\n"

/* How long the client waits before it connects again. */
void sse_add_retry(struct buffer *out, int64_t retry_ms);

/* Nothing: shows that the connection lives. */
void sse_add_heartbeat(struct buffer *out);

/* The last event: why the stream ends. */
void sse_add_close(struct buffer *out, unsigned code, const char *reason);

#endif
