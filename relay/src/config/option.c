/* The values of options: their units, their bounds, and what is said of a wrong one. */
#include "config/option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static const char *const expectations[] = {
    [KIND_TEXT] = "a text",
    [KIND_SECRET] = "a text",
    [KIND_COUNT] = "a whole number",
    [KIND_BYTES] = "a size such as 65536, 64KiB or 1MiB",
    [KIND_DURATION] = "a time such as 500ms, 30s or 5min; a bare number is seconds",
    [KIND_LEVEL] = "debug, info, warn or error",
    [KIND_FORMAT] = "logfmt or json",
    [KIND_SOURCE] = "auto, listen or poll",
    [KIND_SWITCH] = "auto, on or off",
};

/* As enum source_kind has them. */
static const char *const source_kinds[] = {"auto", "listen", "poll"};
/* As enum switch_kind has them. */
static const char *const switch_kinds[] = {"auto", "on", "off"};

#define KINDS 3

static bool kind_parse(const char *const kinds[KINDS], const char *text, int64_t *kind)
{
    for (*kind = 0; *kind < KINDS; ++*kind)
        if (strcmp(text, kinds[*kind]) == 0)
            return true;
    return false;
}

struct unit {
    const char *suffix;
    int64_t factor;
};

static const struct unit count_units[] = {{"", 1}, {NULL, 0}};
static const struct unit byte_units[] = {
    {"", 1},      {"B", 1},    {"KiB", KIB},        {"kB", KIB},
    {"MiB", MIB}, {"MB", MIB}, {"GiB", 1024 * MIB}, {"GB", 1024 * MIB},
    {NULL, 0}};
static const struct unit time_units[] = {
    {"", SECOND}, {"ms", 1}, {"s", SECOND}, {"min", 60 * SECOND}, {NULL, 0}};

static bool parse_number(const char *text, const struct unit *units, int64_t *out)
{
    char *end;
    long long number;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    number = strtoll(text, &end, 10);
    if (errno)
        return false;
    for (; units->suffix; units++)
        if (strcmp(end, units->suffix) == 0)
            return !__builtin_mul_overflow(number, units->factor, out);
    return false;
}

static bool parse_value(const struct option *option, const char *text, int64_t *out)
{
    enum log_level level;
    enum log_format format;

    switch (option->kind) {
    case KIND_LEVEL:
        if (!log_level_parse(text, &level))
            return false;
        *out = level;
        return true;
    case KIND_SOURCE:
        return kind_parse(source_kinds, text, out);
    case KIND_SWITCH:
        return kind_parse(switch_kinds, text, out);
    case KIND_FORMAT:
        if (!log_format_parse(text, &format))
            return false;
        *out = format;
        return true;
    case KIND_BYTES:
        return parse_number(text, byte_units, out);
    case KIND_DURATION:
        return parse_number(text, time_units, out);
    default:
        return parse_number(text, count_units, out);
    }
}

static bool is_text(const struct option *option)
{
    return option->kind == KIND_TEXT || option->kind == KIND_SECRET;
}

static bool set_text(char **member, const char *text, const char *source, char *error)
{
    char *copy = strdup(text);

    if (!copy) {
        snprintf(error, OPTION_ERROR_BYTES, "%s: out of memory", source);
        return false;
    }
    free(*member);
    *member = copy;
    return true;
}

/* The value is not repeated in the message: it may be a connection string. */
bool option_set(const struct option *option, void *values, const char *text, const char *source,
                char error[OPTION_ERROR_BYTES])
{
    void *member = (char *)values + option->offset;
    int64_t number;

    if (is_text(option))
        return set_text(member, text, source, error);
    if (!parse_value(option, text, &number)) {
        snprintf(error, OPTION_ERROR_BYTES, "%s takes %s", source, expectations[option->kind]);
        return false;
    }
    if (option->min < option->max && (number < option->min || number > option->max)) {
        snprintf(error, OPTION_ERROR_BYTES, "%s must be from %" PRId64 " to %" PRId64 "%s", source,
                 option->min, option->max, option->kind == KIND_DURATION ? " ms" : "");
        return false;
    }
    *(int64_t *)member = number;
    return true;
}

bool option_is_same(const struct option *option, const void *a, const void *b)
{
    const void *left = (const char *)a + option->offset, *right = (const char *)b + option->offset;

    if (is_text(option))
        return strcmp(*(const char *const *)left, *(const char *const *)right) == 0;
    return *(const int64_t *)left == *(const int64_t *)right;
}

void option_swap(const struct option *option, void *a, void *b)
{
    void *left = (char *)a + option->offset, *right = (char *)b + option->offset;
    char *text;
    int64_t number;

    if (is_text(option)) {
        text = *(char **)left;
        *(char **)left = *(char **)right;
        *(char **)right = text;
        return;
    }
    number = *(int64_t *)left;
    *(int64_t *)left = *(int64_t *)right;
    *(int64_t *)right = number;
}

void option_free(const struct option *option, void *values)
{
    char **member = (char **)((char *)values + option->offset);

    if (!is_text(option))
        return;
    free(*member);
    *member = NULL;
}

void option_print(const struct option *option, const void *values, FILE *out)
{
    const void *member = (const char *)values + option->offset;

    switch (option->kind) {
    case KIND_TEXT:
        fprintf(out, "%s = %s\n", option->name, *(const char *const *)member);
        return;
    case KIND_SECRET:
        fprintf(out, "# %s: %s\n", option->name,
                **(const char *const *)member ? "set, and not shown" : "not set");
        return;
    case KIND_LEVEL:
        fprintf(out, "%s = %s\n", option->name,
                log_level_name((enum log_level) * (const int64_t *)member));
        return;
    case KIND_SOURCE:
        fprintf(out, "%s = %s\n", option->name, source_kinds[*(const int64_t *)member]);
        return;
    case KIND_SWITCH:
        fprintf(out, "%s = %s\n", option->name, switch_kinds[*(const int64_t *)member]);
        return;
    case KIND_FORMAT:
        fprintf(out, "%s = %s\n", option->name,
                log_format_name((enum log_format) * (const int64_t *)member));
        return;
    default:
        fprintf(out, "%s = %" PRId64 "%s\n", option->name, *(const int64_t *)member,
                option->kind == KIND_DURATION ? "ms" : "");
    }
}
