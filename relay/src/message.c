/* What a message begins with. */
#include "message.h"

#include <string.h>

/*
 * The members before seq are few and short: {"type":"match_created","match":"lobby",
 * and a number of 19 digits leave the seq well within this.
 */
#define HEAD_BYTES 96

static const char type_prefix[] = "{\"type\":\"", seq_member[] = "\"seq\":";
static const char code_prefix[] = "{\"type\":\"error\",\"code\":\"";

static bool begins_with(struct span text, const char *prefix, size_t length)
{
    return text.length >= length && memcmp(text.bytes, prefix, length) == 0;
}

static void read_type(struct message *message)
{
    const char *type = (const char *)message->text.bytes + sizeof(type_prefix) - 1;
    const char *end;

    message->type = "message";
    message->type_length = sizeof("message") - 1;
    if (!begins_with(message->text, type_prefix, sizeof(type_prefix) - 1))
        return;
    end = memchr(type, '"', message->text.length - (sizeof(type_prefix) - 1));
    if (!end)
        return;
    message->type = type;
    message->type_length = (size_t)(end - type);
}

static void read_seq(struct message *message)
{
    const uint8_t *end = message->text.bytes + message->text.length, *at;
    size_t head = message->text.length < HEAD_BYTES ? message->text.length : HEAD_BYTES;

    message->seq = 0;
    at = memmem(message->text.bytes, head, seq_member, sizeof(seq_member) - 1);
    if (!at)
        return;
    for (at += sizeof(seq_member) - 1; at < end && *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(message->seq, 10, &message->seq) ||
            __builtin_add_overflow(message->seq, *at - '0', &message->seq))
            return;
}

void message_read(struct message *message, struct span text)
{
    message->text = text;
    read_type(message);
    read_seq(message);
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
