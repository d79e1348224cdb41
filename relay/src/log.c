/*
 * Log lines in logfmt. A line is put together in one fixed buffer and written
 * at once, so that lines of several processes on one stderr never mix.
 */
#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 2048

struct line {
    char text[LINE_BYTES];
    size_t length;
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static enum log_level lowest = LOG_INFO;

void log_set_level(enum log_level level)
{
    lowest = level;
}

bool log_level_parse(const char *name, enum log_level *level)
{
    for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

/* The last byte is kept for the newline. */
static void line_put(struct line *line, char c)
{
    if (line->length < LINE_BYTES - 1)
        line->text[line->length++] = c;
}

static void line_add(struct line *line, const char *text)
{
    while (*text)
        line_put(line, *text++);
}

static bool needs_quotes(const char *value)
{
    if (!*value)
        return true;
    for (; *value; value++)
        if (*value <= ' ' || *value == '"' || *value == '=' || *value == '\\' || *value == 0x7f)
            return true;
    return false;
}

/* Control characters would let a peer's text forge a line of its own. */
static void line_add_quoted(struct line *line, const char *value)
{
    line_put(line, '"');
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;

        if (c == '"' || c == '\\') {
            line_put(line, '\\');
            line_put(line, (char)c);
        } else if (c == '\n') {
            line_add(line, "\\n");
        } else if (c < ' ' || c == 0x7f) {
            line_put(line, '?');
        } else {
            line_put(line, (char)c);
        }
    }
    line_put(line, '"');
}

static void line_add_value(struct line *line, const char *value)
{
    if (needs_quotes(value))
        line_add_quoted(line, value);
    else
        line_add(line, value);
}

static void line_add_time(struct line *line)
{
    struct timespec now;
    struct tm utc;
    char text[40];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(text, sizeof(text), "ts=%Y-%m-%dT%H:%M:%S", &utc);
    line_add(line, text);
    snprintf(text, sizeof(text), ".%03dZ", (int)(now.tv_nsec / 1000000));
    line_add(line, text);
}

static void line_add_field(struct line *line, const struct log_field *field)
{
    char number[24];

    line_put(line, ' ');
    line_add(line, field->key);
    line_put(line, '=');
    if (field->text) {
        line_add_value(line, field->text);
        return;
    }
    snprintf(number, sizeof(number), "%" PRId64, field->number);
    line_add(line, number);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields,
               size_t count)
{
    struct line line = {.length = 0};

    if (level < lowest)
        return;
    line_add_time(&line);
    line_add(&line, " level=");
    line_add(&line, level_names[level]);
    line_add(&line, " msg=");
    line_add_value(&line, message);
    for (size_t i = 0; i < count; i++)
        line_add_field(&line, &fields[i]);
    line.text[line.length++] = '\n';
    /* Nowhere is left to say that stderr is gone. */
    if (write(STDERR_FILENO, line.text, line.length) < 0)
        return;
}
