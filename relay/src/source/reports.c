/* Reports: checked when they come, and kept until they are passed on. */
#include "source/reports.h"

#include <stdlib.h>
#include <string.h>

#include "stats/stats.h"

#define DIGITS "0123456789"
#define TEXT_BYTES_MAX 255
#define VERSION_BYTES_MAX 64
#define INTERVAL_MS_MAX 3600000

/* i: the name of a relay, n: a number, p: one of 31 bits, m: an interval, c: a moment in seconds,
   t: a text, w: a short one, s: a state, d: a decimal, or unknown, a: an array of numbers, v: one
   of numbers of 31 bits. Viewers have 31 bits, so that the sum of all that may be told stays a
   number. What the table commentary.relay refuses is none of these: one report that it refuses
   would keep it from those of all others for a while. */
static const struct {
    const char *key;
    char kind;
} shapes[REPORT_FIELDS] = {
    {"relay", 'i'},      {"interval", 'm'},  {"host", 't'},     {"pid", 'p'},    {"version", 'w'},
    {"started", 'c'},    {"state", 's'},     {"viewers", 'p'},  {"topics", 'n'}, {"cached", 'n'},
    {"deliveries", 'n'}, {"bytes", 'n'},     {"connects", 'n'}, {"lag", 'n'},    {"latency", 'd'},
    {"matches", 'a'},    {"following", 'v'},
};

static bool consists_of(const char *text, const char *letters, size_t length_max)
{
    size_t length = strlen(text);

    return length > 0 && length <= length_max && strspn(text, letters) == length;
}

/* {} or {1,2,3}: at most so many digits each. */
static bool is_array(const char *text, size_t digits_max)
{
    size_t digits, count = 0;

    if (*text++ != '{')
        return false;
    if (strcmp(text, "}") == 0)
        return true;
    do {
        digits = strspn(text, DIGITS);
        if (digits < 1 || digits > digits_max || ++count > REPORT_MATCHES_MAX)
            return false;
        text += digits;
    } while (*text++ == ',');
    return text[-1] == '}' && *text == '\0';
}

/* 12 or 12.5 */
static bool is_decimal(const char *text)
{
    size_t digits = strspn(text, DIGITS), more = text[digits] == '.';

    if (more)
        more += strspn(text + digits + 1, DIGITS);
    return digits > 0 && more != 1 && digits + more <= 18 && text[digits + more] == '\0';
}

void reports_clean_text(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            *text = '?';
}

static bool is_text(const char *text, size_t bytes_max)
{
    if (strlen(text) > bytes_max)
        return false;
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static bool is_state(const char *text)
{
    for (size_t i = 0; i < STATS_FEED_STATES; i++)
        if (strcmp(text, stats_feed_states[i]) == 0)
            return true;
    return false;
}

static bool is_interval(const char *text)
{
    return consists_of(text, DIGITS, 9) && atoi(text) >= 1 && atoi(text) <= INTERVAL_MS_MAX;
}

static size_t count_numbers(const char *array)
{
    size_t count = array[1] != '}';

    for (; *array; array++)
        count += *array == ',';
    return count;
}

static bool field_is_right(char kind, const char *text)
{
    switch (kind) {
    case 'i':
        return strlen(text) == 16 && consists_of(text, "0123456789abcdef", 16);
    case 'n':
        return consists_of(text, DIGITS, 18);
    case 'p':
        return consists_of(text, DIGITS, 9);
    case 'm':
        return is_interval(text);
    case 'c':
        return consists_of(text, DIGITS, 11);
    case 's':
        return is_state(text);
    case 'w':
        return is_text(text, VERSION_BYTES_MAX);
    case 'd':
        return strcmp(text, "-") == 0 || is_decimal(text);
    case 'a':
        return is_array(text, 18);
    case 'v':
        return is_array(text, 9);
    default:
        return is_text(text, TEXT_BYTES_MAX);
    }
}

/* Copies the values, each with a NUL after it. */
static bool read_fields(struct told_report *report, struct link_message *message)
{
    struct link_line line;
    char *at = report->text;

    for (size_t i = 0; i < REPORT_FIELDS; i++) {
        if (!link_next(message, &line) || line.key.length != strlen(shapes[i].key) ||
            memcmp(line.key.bytes, shapes[i].key, line.key.length) != 0 ||
            memchr(line.text.bytes, '\0', line.text.length))
            return false;
        memcpy(at, line.text.bytes, line.text.length);
        at[line.text.length] = '\0';
        reports_clean_text(at);
        if (!field_is_right(shapes[i].kind, at))
            return false;
        report->fields[i] = shapes[i].kind == 'd' && *at == '-' ? NULL : at;
        at += line.text.length + 1;
    }
    return count_numbers(report->fields[AT_MATCHES]) == count_numbers(report->fields[AT_FOLLOWING]);
}

static void take_out(struct reports *reports, struct told_report *report)
{
    TAILQ_REMOVE(&reports->waiting, report, link);
    reports->count--;
    reports->bytes -= report->bytes;
}

static void forget(struct reports *reports, struct told_report *report)
{
    take_out(reports, report);
    free(report);
}

/* Of a relay only the newest counts. */
static void forget_older(struct reports *reports, const char *relay_id)
{
    struct told_report *report;

    TAILQ_FOREACH (report, &reports->waiting, link)
        if (strcmp(report->fields[0], relay_id) == 0) {
            forget(reports, report);
            return;
        }
}

/* A message has 256 KiB at most, so one report always fits. */
static void make_room(struct reports *reports, size_t bytes)
{
    struct told_report *oldest;

    while ((oldest = TAILQ_FIRST(&reports->waiting)) &&
           (reports->count >= REPORTS_MAX || reports->bytes + bytes > REPORTS_BYTES_MAX))
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow queue.h */
        forget(reports, oldest);
}

bool reports_take(struct reports *reports, struct link_message *message)
{
    size_t bytes = sizeof(struct told_report) + message->rest.length + 1;
    struct told_report *report = calloc(1, bytes);

    if (!report)
        return true; /* without memory it is dropped */
    if (!read_fields(report, message)) {
        free(report);
        return false;
    }
    report->bytes = bytes;
    forget_older(reports, report->fields[0]);
    make_room(reports, bytes);
    TAILQ_INSERT_TAIL(&reports->waiting, report, link);
    reports->count++;
    reports->bytes += bytes;
    return true;
}

const struct told_report *reports_newest(const struct reports *reports)
{
    return TAILQ_LAST(&reports->waiting, told_reports);
}

bool reports_read_name(const struct link_message *message, char *relay_id, size_t size)
{
    struct link_message first = *message; /* its lines are read again */
    struct link_line line;

    if (!link_next(&first, &line) || line.text.length == 0 || line.text.length >= size)
        return false;
    memcpy(relay_id, line.text.bytes, line.text.length);
    relay_id[line.text.length] = '\0';
    return true;
}

bool reports_are_of(const struct link_message *message, const char *relay_id)
{
    char name[REPORT_NAME_BYTES];

    return reports_read_name(message, name, sizeof(name)) && strcmp(name, relay_id) == 0;
}

/* ---- parts ---- */

static int64_t number_at(const struct told_report *report, int field)
{
    return strtoll(report->fields[field], NULL, 10);
}

struct report_counts reports_counts_of(const struct told_report *report)
{
    struct report_counts counts = {.pid = number_at(report, AT_PID),
                                   .started_s = number_at(report, AT_STARTED),
                                   .deliveries = number_at(report, AT_DELIVERIES),
                                   .sent_bytes = number_at(report, AT_BYTES)};

    if (report->fields[AT_LATENCY] && counts.deliveries > 0) {
        counts.latency_ms = strtod(report->fields[AT_LATENCY], NULL) * (double)counts.deliveries;
        counts.timed = counts.deliveries;
    }
    return counts;
}

void reports_add_counts(struct report_counts *sum, const struct report_counts *counts)
{
    sum->deliveries += counts->deliveries;
    sum->sent_bytes += counts->sent_bytes;
    sum->latency_ms += counts->latency_ms;
    sum->timed += counts->timed;
}

static void forget_part(struct report_part *part)
{
    if (!part->newest)
        return;
    LIST_REMOVE(part, link);
    free(part->newest);
    part->newest = NULL;
}

/* The worker that had lost its feeder, and no other, tells itself what it has counted. */
static void come_back(struct reports *reports, const struct told_report *report)
{
    struct report_counts counts = reports_counts_of(report);

    for (size_t i = 0; i < reports->gone_count; i++)
        if (reports->gone[i].pid == counts.pid && reports->gone[i].started_s == counts.started_s) {
            reports->gone[i] = reports->gone[--reports->gone_count];
            return;
        }
}

bool reports_take_part(struct reports *reports, struct report_part *part,
                       struct link_message *message)
{
    struct told_report *report = calloc(1, sizeof(*report) + message->rest.length + 1);

    if (!report)
        return true;
    if (!read_fields(report, message)) {
        free(report);
        return false;
    }
    forget_part(part);
    come_back(reports, report);
    part->newest = report;
    LIST_INSERT_HEAD(&reports->parts, part, link);
    return true;
}

void reports_end_part(struct reports *reports, struct report_part *part)
{
    if (!part->newest)
        return;
    if (reports->gone_count == REPORTS_GONE_MAX) {
        reports_add_counts(&reports->ended, &reports->gone[0]);
        memmove(reports->gone, reports->gone + 1, sizeof(reports->gone) - sizeof(*reports->gone));
        reports->gone_count--;
    }
    reports->gone[reports->gone_count++] = reports_counts_of(part->newest);
    forget_part(part);
}

struct told_report *reports_next(struct reports *reports)
{
    struct told_report *report = TAILQ_FIRST(&reports->waiting);

    if (report)
        take_out(reports, report);
    return report;
}

void reports_write(struct buffer *out, const char *const fields[REPORT_FIELDS])
{
    link_add_word(out, LINK_REPORT);
    for (size_t i = 0; i < REPORT_FIELDS; i++)
        link_add_text(out, shapes[i].key, fields[i] && *fields[i] ? fields[i] : "-");
}

void reports_init(struct reports *reports)
{
    *reports = (struct reports){0};
    TAILQ_INIT(&reports->waiting);
    LIST_INIT(&reports->parts);
}

void reports_free(struct reports *reports)
{
    struct told_report *report;

    while ((report = TAILQ_FIRST(&reports->waiting)))
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow queue.h */
        forget(reports, report);
}
