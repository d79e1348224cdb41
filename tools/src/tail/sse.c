#include "tail/sse.h"

#include <string.h>

#include "base/number.h"

#define RETRY_MS_MAX 3600000

void sse_begin(struct sse *sse)
{
    text_clear(&sse->line);
    text_clear(&sse->type);
    text_clear(&sse->data);
    text_add(&sse->id, "", 0);
    sse->has_data = false;
    sse->had_cr = false;
    sse->retry_ms = -1;
}

void sse_free(struct sse *sse)
{
    text_free(&sse->line);
    text_free(&sse->type);
    text_free(&sse->id);
    text_free(&sse->data);
}

static void end_event(struct sse *sse, sse_function *on_event, void *context)
{
    if (sse->has_data) {
        struct sse_event event = {
            .type = sse->type.length > 0 ? sse->type.bytes : "message",
            .id = sse->id.bytes,
            .data = sse->data.bytes,
            .data_bytes = sse->data.length,
        };

        on_event(&event, context);
    }
    text_clear(&sse->type);
    text_clear(&sse->data);
    sse->has_data = false;
}

static bool take_data(struct sse *sse, const char *value)
{
    size_t length = strlen(value);

    if (sse->data.length + length + 1 > SSE_BYTES_MAX)
        return false;
    if (sse->has_data)
        text_add(&sse->data, "\n", 1);
    text_add(&sse->data, value, length);
    sse->has_data = true;
    return true;
}

static void set(struct text *text, const char *value)
{
    text_clear(text);
    text_add_string(text, value);
}

/* A line without its end. */
static bool take_line(struct sse *sse, char *line, sse_function *on_event, void *context)
{
    char *value = strchr(line, ':');

    if (!*line)
        end_event(sse, on_event, context);
    if (!*line || value == line)
        return true;
    if (value) {
        *value++ = '\0';
        if (*value == ' ')
            value++;
    } else {
        value = line + strlen(line);
    }
    if (strcmp(line, "data") == 0)
        return take_data(sse, value);
    if (strcmp(line, "event") == 0)
        set(&sse->type, value);
    else if (strcmp(line, "id") == 0)
        set(&sse->id, value);
    else if (strcmp(line, "retry") == 0)
        (void)!number_read(value, 0, RETRY_MS_MAX, &sse->retry_ms);
    return true;
}

static bool end_line(struct sse *sse, sse_function *on_event, void *context)
{
    bool is_right;

    text_add(&sse->line, "", 0);
    /* A NUL cannot stand in JSON, so such a line is not the relay's. */
    is_right = memchr(sse->line.bytes, '\0', sse->line.length) == NULL &&
               take_line(sse, sse->line.bytes, on_event, context);
    text_clear(&sse->line);
    return is_right;
}

static size_t until_end(const char *bytes, size_t length)
{
    size_t i = 0;

    while (i < length && bytes[i] != '\n' && bytes[i] != '\r')
        i++;
    return i;
}

bool sse_feed(struct sse *sse, const char *bytes, size_t length, sse_function *on_event,
              void *context)
{
    for (size_t i = 0; i < length; i++) {
        size_t part = until_end(bytes + i, length - i);

        if (part > 0) {
            text_add(&sse->line, bytes + i, part);
            sse->had_cr = false;
        }
        if (sse->line.length > SSE_BYTES_MAX)
            return false;
        i += part;
        if (i == length)
            return true;
        if (!(bytes[i] == '\n' && sse->had_cr) && !end_line(sse, on_event, context))
            return false;
        sse->had_cr = bytes[i] == '\r';
    }
    return true;
}
