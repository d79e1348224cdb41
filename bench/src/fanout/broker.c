/* NATS and MQTT, as much of them as viewers and the publisher need. */
#include "broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUBJECT "match"
#define MQTT_CONNECT 0x10
#define MQTT_PUBLISH 0x30
#define MQTT_SUBSCRIBE 0x82
#define MQTT_SUBACK 0x90
#define MQTT_DIGITS_MAX 4

/* ---- NATS ---- */

/* The answer to PING says that SUB has been taken. */
static size_t nats_hello(bool is_viewer, char *out)
{
    return (size_t)snprintf(out, BROKER_HELLO_MAX, "CONNECT {\"verbose\":false}\r\n%s",
                            is_viewer ? "SUB " SUBJECT " 1\r\nPING\r\n" : "");
}

static bool begins(const char *bytes, size_t length, const char *word)
{
    return length >= strlen(word) && memcmp(bytes, word, strlen(word)) == 0;
}

/* The number at the end of "MSG match 1 152". */
static size_t nats_size(const char *line, size_t length)
{
    size_t at = length;

    while (at > 0 && line[at - 1] != ' ')
        at--;
    return strtoul(line + at, NULL, 10);
}

static size_t nats_next(struct stream_part *part, const char *bytes, size_t length)
{
    const char *end = memmem(bytes, length, "\r\n", 2);
    size_t line = end ? (size_t)(end - bytes) : 0, size;

    if (!end)
        return 0;
    if (!begins(bytes, line, "MSG ")) {
        enum stream_kind kind = begins(bytes, line, "PONG") ? STREAM_SUBSCRIBED : STREAM_OTHER;

        *part = (struct stream_part){kind, bytes, line};
        return line + 2;
    }
    size = nats_size(bytes, line);
    if (length < line + size + 4)
        return 0;
    *part = (struct stream_part){STREAM_TEXT, bytes + line + 2, size};
    return line + size + 4;
}

/* ---- MQTT ---- */

static size_t mqtt_put_length(char *out, size_t length)
{
    size_t count = 0;

    do {
        out[count++] = (char)((length & 0x7f) | (length > 0x7f ? 0x80 : 0));
        length >>= 7;
    } while (length > 0);
    return count;
}

/* A text with its length in two bytes before it. */
static size_t mqtt_put_text(char *out, const char *text)
{
    size_t length = strlen(text);

    out[0] = (char)(length >> 8);
    out[1] = (char)length;
    memcpy(out + 2, text, length);
    return length + 2;
}

/* No two clients may have the same name. */
static size_t mqtt_hello(bool is_viewer, char *out)
{
    static const char connect[] = {0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0};
    static const char subscribe[] = {0, 1};
    static int number;
    char name[32];
    size_t length;

    snprintf(name, sizeof(name), "%d-%d", (int)getpid(), number++);
    out[0] = MQTT_CONNECT;
    out[1] = (char)(sizeof(connect) + 2 + strlen(name));
    memcpy(out + 2, connect, sizeof(connect));
    length = 2 + sizeof(connect);
    length += mqtt_put_text(out + length, name);
    if (!is_viewer)
        return length;
    out[length++] = (char)MQTT_SUBSCRIBE;
    out[length++] = (char)(sizeof(subscribe) + 2 + strlen(SUBJECT) + 1);
    memcpy(out + length, subscribe, sizeof(subscribe));
    length += sizeof(subscribe);
    length += mqtt_put_text(out + length, SUBJECT);
    out[length++] = 0; /* QoS */
    return length;
}

/* After the kind: the length of the body, and how many bytes say so; false: not whole. */
static bool mqtt_size(const char *bytes, size_t length, size_t *size, size_t *head)
{
    *size = 0;
    for (*head = 1; *head < length && *head <= MQTT_DIGITS_MAX; ++*head) {
        *size |= (size_t)(bytes[*head] & 0x7f) << 7 * (*head - 1);
        if (!(bytes[*head] & 0x80)) {
            ++*head;
            return length - *head >= *size;
        }
    }
    return false;
}

static size_t mqtt_next(struct stream_part *part, const char *bytes, size_t length)
{
    size_t size, head, topic = 2 + strlen(SUBJECT);
    unsigned char kind = length > 0 ? (unsigned char)bytes[0] : 0;

    if (!mqtt_size(bytes, length, &size, &head))
        return 0;
    if ((kind & 0xf0) == MQTT_PUBLISH && size >= topic)
        *part = (struct stream_part){STREAM_TEXT, bytes + head + topic, size - topic};
    else
        *part = (struct stream_part){kind == MQTT_SUBACK ? STREAM_SUBSCRIBED : STREAM_OTHER,
                                     bytes + head, size};
    return head + size;
}

/* ---- both ---- */

size_t broker_hello(enum protocol protocol, bool is_viewer, char out[BROKER_HELLO_MAX])
{
    return protocol == PROTOCOL_NATS ? nats_hello(is_viewer, out) : mqtt_hello(is_viewer, out);
}

size_t broker_put_head(enum protocol protocol, size_t length, char out[BROKER_HEAD_MAX])
{
    size_t head = 1;

    if (protocol == PROTOCOL_NATS)
        return (size_t)snprintf(out, BROKER_HEAD_MAX, "PUB " SUBJECT " %zu\r\n", length);
    out[0] = MQTT_PUBLISH;
    head += mqtt_put_length(out + head, length + 2 + strlen(SUBJECT));
    return head + mqtt_put_text(out + head, SUBJECT);
}

const char *broker_tail(enum protocol protocol)
{
    return protocol == PROTOCOL_NATS ? "\r\n" : "";
}

size_t broker_next(enum protocol protocol, struct stream_part *part, const char *bytes,
                   size_t length)
{
    return protocol == PROTOCOL_NATS ? nats_next(part, bytes, length)
                                     : mqtt_next(part, bytes, length);
}
