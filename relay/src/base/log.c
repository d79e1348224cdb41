/*
 * Log lines. A line is put together in one fixed buffer and written at once, so
 * that lines of several processes on one stderr never mix.
 */
#include "base/log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_FIELDS_MAX 16
/* Kept free for the end of a line that is cut: a quote, a brace, the newline. */
#define END_BYTES 3
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static const char *const format_names[] = {"logfmt", "json"};
static enum log_level lowest = LOG_INFO;
static bool is_quiet;
static enum log_format chosen_format = LOG_LOGFMT;
static int worker;     /* 0: none */
static bool is_feeder; /* it is none, and the others' source */

/* ---- one line ---- */

static bool line_add(struct log_line *line, const char *bytes, size_t length)
{
    if (line->length + length > LOG_LINE_BYTES - END_BYTES)
        return false;
    memcpy(line->text + line->length, bytes, length);
    line->length += length;
    return true;
}

static bool line_add_text(struct log_line *line, const char *text)
{
    return line_add(line, text, strlen(text));
}

/* Into the room that is kept free. */
static void line_end_with(struct log_line *line, char c)
{
    line->text[line->length++] = c;
}

/* ---- texts ---- */

static bool is_between(unsigned char c, unsigned char low, unsigned char high)
{
    return c >= low && c <= high;
}

/*
 * The length of the UTF-8 sequence at s, RFC 3629 section 4; 0: it is none. It looks at no byte
 * after one that is wrong, so a text may end anywhere.
 */
static size_t utf8_length(const unsigned char *s)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if (length == 1)
        return 1;
    if (!is_between(s[0], 0xc2, 0xf4))
        return 0;
    if (s[0] == 0xe0)
        low = 0xa0; /* else it could be shorter */
    if (s[0] == 0xf0)
        low = 0x90;
    if (s[0] == 0xed)
        high = 0x9f; /* surrogates */
    if (s[0] == 0xf4)
        high = 0x8f; /* beyond U+10FFFF */
    if (!is_between(s[1], low, high))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!is_between(s[i], 0x80, 0xbf))
            return 0;
    return length;
}

/* Also those of U+0080 to U+009F: a terminal may obey them. */
static bool is_control(const unsigned char *s)
{
    return s[0] < ' ' || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

/* A control character would let a peer's text forge a line of its own. */
static bool line_add_control(struct log_line *line, const unsigned char *s)
{
    char escape[8];

    if (*s == '\n')
        return line_add_text(line, "\\n");
    if (line->format == LOG_LOGFMT)
        return line_add_text(line, "?");
    snprintf(escape, sizeof(escape), "\\u%04x", *s == 0xc2 ? s[1] : *s);
    return line_add_text(line, escape);
}

/* Takes one character of the text, or one invalid byte, and moves on. */
static bool line_add_character(struct log_line *line, const unsigned char **at)
{
    const unsigned char *s = *at;
    size_t length = utf8_length(s);

    *at += length ? length : 1;
    if (!length)
        return line_add_text(line, REPLACEMENT);
    if (is_control(s))
        return line_add_control(line, s);
    if (*s == '"' || *s == '\\')
        return line_add(line, *s == '"' ? "\\\"" : "\\\\", 2);
    return line_add(line, (const char *)s, length);
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

static bool line_add_value(struct log_line *line, const char *value)
{
    const unsigned char *at = (const unsigned char *)value;

    if (line->format == LOG_LOGFMT && !needs_quotes(value))
        return line_add_text(line, value);
    if (!line_add(line, "\"", 1))
        return false;
    while (*at && line_add_character(line, &at))
        continue;
    line_end_with(line, '"');
    return true;
}

/* ---- fields ---- */

static bool line_add_key(struct log_line *line, const char *key)
{
    if (line->format == LOG_LOGFMT)
        return (line->length == 0 || line_add(line, " ", 1)) && line_add_text(line, key) &&
               line_add(line, "=", 1);
    return line_add(line, line->length == 0 ? "{\"" : ",\"", 2) && line_add_text(line, key) &&
           line_add(line, "\":", 2);
}

static bool line_add_number(struct log_line *line, int64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, number);
    return line_add_text(line, text);
}

/* All of a field, but for the end of a text, or nothing of it. */
static void line_add_field(struct log_line *line, const struct log_field *field)
{
    size_t before = line->length;

    if (!line_add_key(line, field->key) ||
        !(field->text ? line_add_value(line, field->text) : line_add_number(line, field->number)))
        line->length = before;
}

static void line_add_time(struct log_line *line, const struct timespec *when)
{
    struct log_field field = {.key = "ts"};
    struct tm utc;
    char seconds[32], text[48];

    gmtime_r(&when->tv_sec, &utc);
    strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, sizeof(text), "%s.%03dZ", seconds, (int)(when->tv_nsec / 1000000));
    field.text = text;
    line_add_field(line, &field);
}

void log_line_make(struct log_line *line, enum log_format format, const struct timespec *when,
                   enum log_level level, const char *message, const struct log_field *fields,
                   size_t count)
{
    const struct log_field begin[] = {LOG_TEXT("level", log_level_name(level)),
                                      LOG_TEXT("msg", message)};

    line->format = format;
    line->length = 0;
    line_add_time(line, when);
    line_add_field(line, &begin[0]);
    line_add_field(line, &begin[1]);
    for (size_t i = 0; i < count; i++)
        line_add_field(line, &fields[i]);
    if (format == LOG_JSON)
        line_end_with(line, '}');
    line_end_with(line, '\n');
}

/* ---- what is written ---- */

void log_set_quiet(bool quiet)
{
    is_quiet = quiet;
}

void log_set_level(enum log_level level)
{
    lowest = level;
}

void log_set_format(enum log_format chosen)
{
    chosen_format = chosen;
}

void log_set_worker(int number)
{
    worker = number;
}

void log_set_feeder(void)
{
    is_feeder = true;
}

/* The index of the name, or -1. */
static int find_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

bool log_level_parse(const char *name, enum log_level *level)
{
    int found = find_name(level_names, sizeof(level_names) / sizeof(level_names[0]), name);

    if (found >= 0)
        *level = (enum log_level)found;
    return found >= 0;
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

bool log_format_parse(const char *name, enum log_format *chosen)
{
    int found = find_name(format_names, sizeof(format_names) / sizeof(format_names[0]), name);

    if (found >= 0)
        *chosen = (enum log_format)found;
    return found >= 0;
}

const char *log_format_name(enum log_format chosen)
{
    return format_names[chosen];
}

void log_write(enum log_level level, const char *message, const struct log_field *fields,
               size_t count)
{
    struct log_field all[LOG_FIELDS_MAX] = {LOG_NUMBER("worker", worker)};
    bool is_marked = worker > 0 || is_feeder;
    struct log_line line;
    struct timespec now;

    if (level < lowest || is_quiet)
        return;
    assert(count < LOG_FIELDS_MAX);
    if (is_feeder)
        all[0] = (struct log_field)LOG_TEXT("worker", "feeder");
    memcpy(all + is_marked, fields, count * sizeof(*fields));
    count += is_marked;
    clock_gettime(CLOCK_REALTIME, &now);
    log_line_make(&line, chosen_format, &now, level, message, all, count);
    /* Nowhere is left to say that stderr is gone. */
    if (write(STDERR_FILENO, line.text, line.length) < 0)
        return;
}
