/*
 * The relay's own messages, as PROTOCOL.md defines them. Entries come from the database, and
 * their topic frames them once.
 *
 * Each function leaves a framed message in the buffer, ready for frame_end().
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

#define PROTOCOL_NAME "commentary.v1"

/* The match_id that stands for the lobby. */
#define TOPIC_LOBBY 0

/* Of a whole token. A longer one would not fit into a message of a viewer or a header. */
#define TOKEN_BYTES_MAX 3072

enum close_code {
    CLOSE_NONE = 0,
    CLOSE_NORMAL = 1000,
    CLOSE_GOING_AWAY = 1001,
    CLOSE_PROTOCOL_ERROR = 1002,
    CLOSE_UNSUPPORTED = 1003,
    CLOSE_LOST = 1006, /* never sent: the connection is broken */
    CLOSE_BAD_TEXT = 1007,
    CLOSE_TOO_LARGE = 1009,
    CLOSE_TRY_AGAIN = 1013,
    CLOSE_SLOW_CONSUMER = 4000,
    CLOSE_BAD_REQUEST = 4400,
    CLOSE_UNAUTHORISED = 4401,
    CLOSE_FORBIDDEN = 4403,
    CLOSE_TIMEOUT = 4408,
    CLOSE_TOO_MANY = 4429,
    CLOSE_EXPIRED = 14401, /* sent as 4401, with a reason of its own */
};

const char *protocol_close_reason(enum close_code code);

/* What is sent for it. */
static inline uint16_t protocol_close_number(enum close_code code)
{
    return (uint16_t)(code % 10000);
}

/* What the messages about a topic say of it. */
struct protocol_topic {
    int64_t match_id;
    int64_t head;
    const char *epoch;
    void (*add_state)(struct buffer *out, const void *topic); /* its JSON, or null */
    const void *topic;                                        /* for add_state */
};

/* auth_within_ms is 0 where no token is needed. */
void protocol_welcome(struct buffer *out, bool is_live, int64_t ping_interval_ms,
                      int64_t auth_within_ms);
void protocol_subscribed(struct buffer *out, const struct protocol_topic *topic, bool is_recovered);
void protocol_unsubscribed(struct buffer *out, int64_t match_id);

#define PROTOCOL_NEVER (-1)

/* In how long the token expires, or PROTOCOL_NEVER. */
void protocol_authorised(struct buffer *out, int64_t expires_in_ms);
void protocol_stale(struct buffer *out, int64_t since_ms);
void protocol_live(struct buffer *out);
void protocol_pong(struct buffer *out);
void protocol_pong_viewers(struct buffer *out, int64_t match_id, int64_t viewers);
void protocol_bye(struct buffer *out, int64_t retry_after_ms);

#define PROTOCOL_NO_MATCH (-1)

/* The match that the error concerns, or PROTOCOL_NO_MATCH. */
void protocol_error(struct buffer *out, const char *code, const char *message, int64_t match_id);

/* The same, with the member match as the viewer gave it, in JSON; "": it gave none. */
void protocol_error_echo(struct buffer *out, const char *code, const char *message,
                         const char *match_json);

/*
 * What is answered over HTTP: these add a JSON object to the buffer, without a
 * frame. Its members are those of `subscribed`, and of `error`.
 */
void protocol_state_document(struct buffer *out, const struct protocol_topic *topic);
void protocol_error_document(struct buffer *out, const char *code, const char *message);

/* Entries go between begin and end, with a comma between them; a page has the state as well, and
   one after a place of an epoch says whether it goes on from there. */
void protocol_begin_entries(struct buffer *out, const struct protocol_topic *topic);
void protocol_begin_entries_after(struct buffer *out, const struct protocol_topic *topic,
                                  bool is_recovered);
void protocol_begin_page(struct buffer *out, const struct protocol_topic *topic);
void protocol_end_entries(struct buffer *out);

/* The same of matches; the next page is that before this match, 0: there is none. */
void protocol_begin_list(struct buffer *out);
void protocol_end_list(struct buffer *out, int64_t next);

#endif
