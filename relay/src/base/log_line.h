/*
 * One log line, put together: the same facts as logfmt or as a JSON object.
 *
 *     ts=2026-11-23T20:15:01.123Z level=info msg="the feed is live" topics=3
 *     {"ts":"2026-11-23T20:15:01.123Z","level":"info","msg":"the feed is live","topics":3}
 *
 * Texts may come from a peer or from the database, in whatever encoding: what is
 * made of them is valid UTF-8, on one line, and without a control character. What
 * is too long is cut so that the line stays whole: a text ends early, and a field
 * for which there is no room is left out.
 */
#ifndef LOG_LINE_H
#define LOG_LINE_H

#include <stddef.h>
#include <time.h>

#include "base/log.h"

#define LOG_LINE_BYTES 2048

struct log_line {
    enum log_format format;
    size_t length;
    char text[LOG_LINE_BYTES]; /* not terminated */
};

/* Writes the line with its newline; `when` is the time of people. */
void log_line_make(struct log_line *line, enum log_format format, const struct timespec *when,
                   enum log_level level, const char *message, const struct log_field *fields,
                   size_t count);

#endif
