/* What a message begins with. */
#include "wire/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "wire/protocol.h"

/*
 * The members that are looked for come before any text of users; and no text of users can
 * look like one, because its quotes are escaped. With the longest match, epoch and numbers
 * they end here.
 */
#define HEAD_BYTES 256

static const char type_prefix[] = "{\"type\":\"";
static const char match_prefix[] = "{\"type\":\"match";
static const char code_prefix[] = "{\"type\":\"error\",\"code\":\"";

static bool begins_with(struct span text, const char *prefix, size_t length)
{
    return text.length >= length && memcmp(text.bytes, prefix, length) == 0;
}

/* False: it has none. */
static bool read_type(struct message *message)
{
    const char *type = (const char *)message->text.bytes + sizeof(type_prefix) - 1;
    const char *end;

    message->type = "message";
    message->type_length = sizeof("message") - 1;
    if (!begins_with(message->text, type_prefix, sizeof(type_prefix) - 1))
        return false;
    end = memchr(type, '"', message->text.length - (sizeof(type_prefix) - 1));
    if (!end)
        return false;
    message->type = type;
    message->type_length = (size_t)(end - type);
    return true;
}

/* The place after the text, or NULL. */
static const uint8_t *find(const struct message *message, const char *text)
{
    size_t head = message->text.length < HEAD_BYTES ? message->text.length : HEAD_BYTES;
    const uint8_t *at = memmem(message->text.bytes, head, text, strlen(text));

    return at ? at + strlen(text) : NULL;
}

bool message_has(const struct message *message, const char *text)
{
    return find(message, text) != NULL;
}

/* 0 if there is no number, or one that is too large. */
static int64_t number_at(const uint8_t *at, const uint8_t *end)
{
    int64_t number = 0;

    for (; at < end && *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, *at - '0', &number))
            return 0;
    return number;
}

int64_t message_number(const struct message *message, const char *member)
{
    const uint8_t *at = find(message, member);

    return at ? number_at(at, message->text.bytes + message->text.length) : 0;
}

/* The text without what it begins with, or an empty one. */
static struct span behind(struct span text, const char *beginning)
{
    size_t length = strlen(beginning);

    if (!begins_with(text, beginning, length))
        return (struct span){text.bytes, 0};
    return (struct span){text.bytes + length, text.length - length};
}

/*
 * The seq of an entry stands after type and match, and only there: the state that another message
 * carries may have a "seq" in its metadata.
 */
static int64_t read_seq(const struct message *message)
{
    const uint8_t *end = message->text.bytes + message->text.length;
    const uint8_t *at = (const uint8_t *)message->type + message->type_length;
    struct span rest = behind((struct span){at, (size_t)(end - at)}, "\",\"match\":");

    at = memchr(rest.bytes, ',', rest.length);
    if (!at)
        return 0;
    rest = behind((struct span){at, (size_t)(end - at)}, ",\"seq\":");
    return number_at(rest.bytes, rest.bytes + rest.length);
}

void message_read(struct message *message, struct span text)
{
    message->text = text;
    /* One without a type carries no state. */
    message->seq = read_type(message) ? read_seq(message) : message_number(message, "\"seq\":");
}

bool message_is_entry(struct span text, int64_t match_id, int64_t seq)
{
    const struct message message = {.text = text};
    char place[64];

    if (match_id == TOPIC_LOBBY)
        snprintf(place, sizeof(place), "\"match\":\"lobby\",\"seq\":%" PRId64 ",", seq);
    else
        snprintf(place, sizeof(place), "\"match\":%" PRId64 ",\"seq\":%" PRId64 ",", match_id, seq);
    return begins_with(text, type_prefix, sizeof(type_prefix) - 1) &&
           text.bytes[text.length - 1] == '}' && message_has(&message, place) &&
           !memchr(text.bytes, '\n', text.length);
}

bool message_is_line(struct span text)
{
    const struct message message = {.text = text};

    if (begins_with(text, match_prefix, sizeof(match_prefix) - 1))
        return message_has(&message, "\"match\":\"lobby\"");
    return !message_has(&message, "\"op\":") || message_has(&message, "\"op\":\"insert\"");
}

bool message_is(const struct message *message, const char *type)
{
    return strlen(type) == message->type_length &&
           memcmp(message->type, type, message->type_length) == 0;
}

bool message_is_error(const struct message *message, const char *code)
{
    struct span rest = message->text;
    size_t prefix = sizeof(code_prefix) - 1, length = strlen(code);

    if (!begins_with(rest, code_prefix, prefix))
        return false;
    rest = (struct span){rest.bytes + prefix, rest.length - prefix};
    return rest.length > length && memcmp(rest.bytes, code, length) == 0 &&
           rest.bytes[length] == '"';
}
