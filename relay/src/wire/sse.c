/* A message as one event. */
#include "wire/sse.h"

void sse_begin_event(struct buffer *out, const struct message *message, const char *epoch,
                     int64_t seq)
{
    if (seq != SSE_NO_ID) {
        buffer_add_text(out, "id: ");
        buffer_add_text(out, epoch);
        buffer_add(out, ":", 1);
        buffer_add_number(out, seq);
        buffer_add(out, "\n", 1);
    }
    buffer_add_text(out, "event: ");
    buffer_add(out, message->type, message->type_length);
    buffer_add_text(out, "\ndata: ");
}

void sse_add_event(struct buffer *out, const struct message *message, const char *epoch,
                   int64_t seq)
{
    sse_begin_event(out, message, epoch, seq);
    buffer_add(out, message->text.bytes, message->text.length);
    buffer_add_text(out, SSE_EVENT_END);
}

void sse_add_retry(struct buffer *out, int64_t retry_ms)
{
    buffer_add_text(out, "retry: ");
    buffer_add_number(out, retry_ms);
    buffer_add(out, "\n\n", 2);
}

void sse_add_heartbeat(struct buffer *out)
{
    buffer_add(out, ":\n\n", 3);
}

void sse_add_close(struct buffer *out, unsigned code, const char *reason)
{
    buffer_add_text(out, "event: close\ndata: {\"type\":\"close\",\"code\":");
    buffer_add_number(out, code);
    buffer_add_text(out, ",\"reason\":");
    buffer_add_json(out, reason);
    buffer_add_text(out, "}\n\n");
}
