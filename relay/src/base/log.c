/*
 * Log lines. A line is put together in one fixed buffer and written at once, so
 * that lines of several processes on one stderr never mix.
 */
#include "base/log.h"

#include <assert.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log_line.h"

#define LOG_FIELDS_MAX 16

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static const char *const format_names[] = {"logfmt", "json"};
static enum log_level lowest = LOG_INFO;
static bool is_quiet;
static enum log_format format = LOG_LOGFMT;
static int worker; /* 0: none */

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
    format = chosen;
}

void log_set_worker(int number)
{
    worker = number;
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
    struct log_line line;
    struct timespec now;

    if (level < lowest || is_quiet)
        return;
    assert(count < LOG_FIELDS_MAX);
    memcpy(all + (worker > 0), fields, count * sizeof(*fields));
    count += worker > 0;
    clock_gettime(CLOCK_REALTIME, &now);
    log_line_make(&line, format, &now, level, message, all, count);
    /* Nowhere is left to say that stderr is gone. */
    if (write(STDERR_FILENO, line.text, line.length) < 0)
        return;
}
