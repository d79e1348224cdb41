/* A message as one event. */
#include "wire/sse.h"

#include "wire/protocol.h"

void sse_add_id(struct buffer *out, const char *epoch, int64_t seq)
{
    buffer_add_text(out, "id: ");
    buffer_add_text(out, epoch);
    buffer_add(out, ":", 1);
    buffer_add_number(out, seq);
    buffer_add(out, "\n", 1);
}

static void add_place(struct buffer *out, const struct sse_place *place)
{
    if (place->match_id == TOPIC_LOBBY)
        buffer_add_text(out, "lobby");
    else
        buffer_add_number(out, place->match_id);
    buffer_add(out, "=", 1);
    buffer_add_number(out, place->seq);
}

void sse_add_places(struct buffer *out, const char *epoch, const struct sse_place *places,
                    int count)
{
    const char *mark = ":";

    buffer_add_text(out, "id: ");
    buffer_add_text(out, epoch);
    for (int i = 0; i < count; i++) {
        if (places[i].seq == SSE_NO_ID)
            continue;
        buffer_add(out, mark, 1);
        add_place(out, &places[i]);
        mark = ",";
    }
    buffer_add(out, "\n", 1);
}

void sse_begin_event(struct buffer *out, const struct message *message)
{
    buffer_add_text(out, "event: ");
    buffer_add(out, message->type, message->type_length);
    buffer_add_text(out, "\ndata: ");
}

void sse_add_event(struct buffer *out, const struct message *message)
{
    sse_begin_event(out, message);
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
