/* Entries: made, and checked against what arrived first. */
#include "entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

#define PREFIX "{\"type\":\"commentary\",\"match\":"
#define SEQ ",\"seq\":"
#define MESSAGE "\"message\":\"bench "
#define KNOWN 64 /* entries kept for each match */

struct known {
    int64_t seq, stamp_ns;
    size_t length;
    char bytes[ENTRY_BYTES_MAX];
};

static struct known known[MATCHES_MAX][KNOWN];
static char text[512];
static int first_match;

void entry_use(int first, int text_bytes)
{
    static const char words[] =
        "Number ten takes it on the turn, drifts past two defenders on the "
        "edge of the area, and drags a low shot just wide of the far post. ";

    for (int i = 0; i < text_bytes; i++)
        text[i] = words[i % (int)(sizeof(words) - 1)];
    text[text_bytes - 1] = '.';
    first_match = first;
}

size_t entry_make_message(char *out, int64_t stamp_ns)
{
    return (size_t)snprintf(out, ENTRY_BYTES_MAX, "bench %" PRId64 " %s", stamp_ns, text);
}

size_t entry_make(char *out, int match, int64_t seq, int64_t stamp_ns)
{
    char message[ENTRY_BYTES_MAX];

    entry_make_message(message, stamp_ns);
    return (size_t)snprintf(out, ENTRY_BYTES_MAX, PREFIX "%d" SEQ "%" PRId64 ",\"message\":\"%s\"}",
                            match, seq, message);
}

/* Digits and what must follow them. NULL: it is not like that. */
static const char *take_number(const char *at, const char *end, const char *then, int64_t *number)
{
    size_t length = strlen(then);

    *number = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        *number = *number * 10 + (*at - '0');
    if ((size_t)(end - at) < length || memcmp(at, then, length) != 0)
        return NULL;
    return at + length;
}

static bool read_text(struct entry *entry, const char *at, const char *end)
{
    size_t length = strlen(text);

    at = memmem(at, (size_t)(end - at), MESSAGE, strlen(MESSAGE));
    at = at ? take_number(at + strlen(MESSAGE), end, " ", &entry->stamp_ns) : NULL;
    return at && (size_t)(end - at) > length && memcmp(at, text, length) == 0 && at[length] == '"';
}

bool entry_read(struct entry *entry, const char *bytes, size_t length)
{
    const char *at = bytes + strlen(PREFIX), *end = bytes + length;
    struct known *first;
    int64_t match;

    if (length < strlen(PREFIX) || memcmp(bytes, PREFIX, strlen(PREFIX)) != 0)
        return false;
    at = take_number(at, end, SEQ, &match);
    at = at ? take_number(at, end, ",", &entry->seq) : NULL;
    if (!at || match < first_match || match >= first_match + MATCHES_MAX)
        return false;
    entry->match = (int)match;
    first = &known[match - first_match][entry->seq % KNOWN];
    if (first->seq == entry->seq) {
        entry->stamp_ns = first->stamp_ns;
        entry->is_whole = length == first->length && memcmp(bytes, first->bytes, length) == 0;
        return true;
    }
    entry->is_whole = length < ENTRY_BYTES_MAX && read_text(entry, at, end);
    if (!entry->is_whole || first->seq > entry->seq)
        return true;
    *first = (struct known){.seq = entry->seq, .stamp_ns = entry->stamp_ns, .length = length};
    memcpy(first->bytes, bytes, length);
    return true;
}

int64_t entry_member(const char *bytes, size_t length, const char *name)
{
    const char *at = memmem(bytes, length, name, strlen(name));

    return at ? strtoll(at + strlen(name), NULL, 10) : -1;
}
