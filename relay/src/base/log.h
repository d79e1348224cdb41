/*
 * Log lines on stderr: a line for each event, with fields.
 *
 *     log_info("feed is live", LOG_TEXT("epoch", epoch), LOG_NUMBER("topics", n));
 *     ts=2026-11-23T20:15:01.123Z level=info msg="feed is live" epoch=9f3c topics=3
 *
 * Never log a secret or text of a viewer: no connection string, no token, no message.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

struct log_field {
    const char *key;
    const char *text; /* NULL: the number counts */
    int64_t number;
};

#define LOG_TEXT(key, text)                                                                        \
    {                                                                                              \
        (key), (text), 0                                                                           \
    }
#define LOG_NUMBER(key, number)                                                                    \
    {                                                                                              \
        (key), NULL, (int64_t)(number)                                                             \
    }

/* Lines below this level are not written; LOG_INFO at the start. */
void log_set_level(enum log_level level);
bool log_level_parse(const char *name, enum log_level *level);
const char *log_level_name(enum log_level level);

/* LOG_LOGFMT at the start. */
void log_set_format(enum log_format format);
bool log_format_parse(const char *name, enum log_format *format);
const char *log_format_name(enum log_format format);

/* While it is quiet no line is written, because another process writes the same lines. */
void log_set_quiet(bool quiet);

/* From now on each line has the number of this worker. */
void log_set_worker(int number);

/* From now on each line says that it is the feeder's. */
void log_set_feeder(void);

/* Writes one line with one write(2). A line that is too long is cut, and never split. */
void log_write(enum log_level level, const char *message, const struct log_field *fields,
               size_t count);

/* The first element only keeps the array from being empty. */
#define log_at(level, message, ...)                                                                \
    do {                                                                                           \
        const struct log_field log_fields[] = {{NULL, NULL, 0}, ##__VA_ARGS__};                    \
        log_write((level), (message), log_fields + 1,                                              \
                  sizeof(log_fields) / sizeof(log_fields[0]) - 1);                                 \
    } while (0)
#define log_debug(message, ...) log_at(LOG_DEBUG, message, ##__VA_ARGS__)
#define log_info(message, ...) log_at(LOG_INFO, message, ##__VA_ARGS__)
#define log_warn(message, ...) log_at(LOG_WARN, message, ##__VA_ARGS__)
#define log_error(message, ...) log_at(LOG_ERROR, message, ##__VA_ARGS__)

/* ---- one line ---- */

/*
 * The text of a line: the same fields as logfmt or as a JSON object.
 *
 *     ts=2026-11-23T20:15:01.123Z level=info msg="the feed is live" topics=3
 *     {"ts":"2026-11-23T20:15:01.123Z","level":"info","msg":"the feed is live","topics":3}
 *
 * Texts may come from a peer or from the database, in any encoding. In the line they
 * are valid UTF-8, without line breaks and control characters. A text that is too long is
 * cut, and a field for which there is no room is left out, so that the line stays
 * well-formed.
 */
#define LOG_LINE_BYTES 2048

struct log_line {
    enum log_format format;
    size_t length;
    char text[LOG_LINE_BYTES]; /* not terminated */
};

/* Writes the line with its newline; `when` is the time of the wall clock. */
void log_line_make(struct log_line *line, enum log_format format, const struct timespec *when,
                   enum log_level level, const char *message, const struct log_field *fields,
                   size_t count);

#endif
