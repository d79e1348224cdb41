/* The relay's own messages. */
#include "wire/protocol.h"

#include "base/version.h"
#include "wire/frame.h"

const char *protocol_close_reason(enum close_code code)
{
    switch (code) {
    case CLOSE_GOING_AWAY:
        return "going_away";
    case CLOSE_PROTOCOL_ERROR:
        return "protocol_error";
    case CLOSE_UNSUPPORTED:
        return "text_only";
    case CLOSE_LOST:
        return "lost";
    case CLOSE_BAD_TEXT:
        return "bad_text";
    case CLOSE_TOO_LARGE:
        return "too_large";
    case CLOSE_TRY_AGAIN:
        return "try_again";
    case CLOSE_SLOW_CONSUMER:
        return "slow_consumer";
    case CLOSE_BAD_REQUEST:
        return "bad_request";
    case CLOSE_UNAUTHORISED:
        return "unauthorised";
    case CLOSE_EXPIRED:
        return "expired";
    case CLOSE_FORBIDDEN:
        return "forbidden";
    case CLOSE_TIMEOUT:
        return "timeout";
    case CLOSE_TOO_MANY:
        return "too_many";
    default:
        return "normal";
    }
}

static void begin(struct buffer *out, const char *type)
{
    frame_begin(out);
    buffer_add_text(out, "{\"type\":\"");
    buffer_add_text(out, type);
    buffer_add_text(out, "\"");
}

static void end(struct buffer *out)
{
    buffer_add_text(out, "}");
}

static void add_number(struct buffer *out, const char *name, int64_t number)
{
    buffer_add_text(out, name);
    buffer_add_number(out, number);
}

static void add_match_value(struct buffer *out, int64_t match_id)
{
    if (match_id == TOPIC_LOBBY)
        buffer_add_text(out, "\"lobby\"");
    else
        buffer_add_number(out, match_id);
}

static void add_match(struct buffer *out, int64_t match_id)
{
    buffer_add_text(out, ",\"match\":");
    add_match_value(out, match_id);
}

static void add_place(struct buffer *out, const struct protocol_topic *topic)
{
    buffer_add_text(out, ",\"epoch\":");
    buffer_add_json(out, topic->epoch);
    add_number(out, ",\"head\":", topic->head);
}

static void add_state(struct buffer *out, const struct protocol_topic *topic)
{
    buffer_add_text(out, ",\"state\":");
    topic->add_state(out, topic->topic);
}

void protocol_welcome(struct buffer *out, bool is_live, int64_t ping_interval_ms,
                      int64_t auth_within_ms)
{
    begin(out, "welcome");
    buffer_add_text(out, ",\"protocol\":\"" PROTOCOL_NAME "\"");
    buffer_add_text(out, ",\"server\":\"" RELAY_NAME " " RELAY_VERSION "\"");
    buffer_add_text(out, is_live ? ",\"live\":true" : ",\"live\":false");
    add_number(out, ",\"ping_interval_ms\":", ping_interval_ms);
    if (auth_within_ms > 0)
        add_number(out, ",\"auth_within_ms\":", auth_within_ms);
    end(out);
}

static void add_recovered(struct buffer *out, bool is_recovered)
{
    buffer_add_text(out, is_recovered ? ",\"recovered\":true" : ",\"recovered\":false");
}

void protocol_subscribed(struct buffer *out, const struct protocol_topic *topic, bool is_recovered)
{
    begin(out, "subscribed");
    add_match(out, topic->match_id);
    add_place(out, topic);
    add_recovered(out, is_recovered);
    add_state(out, topic);
    end(out);
}

void protocol_unsubscribed(struct buffer *out, int64_t match_id)
{
    begin(out, "unsubscribed");
    add_match(out, match_id);
    end(out);
}

void protocol_authorised(struct buffer *out, int64_t expires_in_ms)
{
    begin(out, "authorised");
    if (expires_in_ms != PROTOCOL_NEVER)
        add_number(out, ",\"expires_in_ms\":", expires_in_ms);
    end(out);
}

void protocol_stale(struct buffer *out, int64_t since_ms)
{
    begin(out, "stale");
    add_number(out, ",\"since_ms\":", since_ms);
    end(out);
}

void protocol_live(struct buffer *out)
{
    begin(out, "live");
    end(out);
}

void protocol_pong(struct buffer *out)
{
    begin(out, "pong");
    end(out);
}

void protocol_pong_viewers(struct buffer *out, int64_t match_id, int64_t viewers)
{
    begin(out, "pong");
    add_match(out, match_id);
    add_number(out, ",\"viewers\":", viewers);
    end(out);
}

void protocol_bye(struct buffer *out, int64_t retry_after_ms)
{
    begin(out, "bye");
    add_number(out, ",\"retry_after_ms\":", retry_after_ms);
    end(out);
}

static void add_error(struct buffer *out, const char *code, const char *message)
{
    buffer_add_text(out, ",\"code\":");
    buffer_add_json(out, code);
    buffer_add_text(out, ",\"message\":");
    buffer_add_json(out, message);
}

void protocol_error(struct buffer *out, const char *code, const char *message, int64_t match_id)
{
    begin(out, "error");
    add_error(out, code, message);
    if (match_id != PROTOCOL_NO_MATCH)
        add_match(out, match_id);
    end(out);
}

void protocol_error_echo(struct buffer *out, const char *code, const char *message,
                         const char *match_json)
{
    begin(out, "error");
    add_error(out, code, message);
    if (*match_json != '\0') {
        buffer_add_text(out, ",\"match\":");
        buffer_add_text(out, match_json);
    }
    end(out);
}

/* ---- documents ---- */

static void begin_document(struct buffer *out, const struct protocol_topic *topic)
{
    buffer_add_text(out, "{\"match\":");
    add_match_value(out, topic->match_id);
    add_place(out, topic);
}

void protocol_state_document(struct buffer *out, const struct protocol_topic *topic)
{
    begin_document(out, topic);
    add_state(out, topic);
    end(out);
}

void protocol_begin_entries(struct buffer *out, const struct protocol_topic *topic)
{
    begin_document(out, topic);
    buffer_add_text(out, ",\"entries\":[");
}

void protocol_begin_entries_after(struct buffer *out, const struct protocol_topic *topic,
                                  bool is_recovered)
{
    begin_document(out, topic);
    add_recovered(out, is_recovered);
    buffer_add_text(out, ",\"entries\":[");
}

void protocol_begin_page(struct buffer *out, const struct protocol_topic *topic)
{
    begin_document(out, topic);
    add_state(out, topic);
    buffer_add_text(out, ",\"entries\":[");
}

void protocol_end_entries(struct buffer *out)
{
    buffer_add_text(out, "]");
    end(out);
}

void protocol_begin_list(struct buffer *out)
{
    buffer_add_text(out, "{\"matches\":[");
}

void protocol_end_list(struct buffer *out, int64_t next)
{
    buffer_add_text(out, "],\"next\":");
    if (next)
        buffer_add_number(out, next);
    else
        buffer_add_text(out, "null");
    end(out);
}

void protocol_error_document(struct buffer *out, const char *code, const char *message)
{
    buffer_add_text(out, "{\"type\":\"error\"");
    add_error(out, code, message);
    end(out);
}
