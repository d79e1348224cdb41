#include "play/script.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fail.h"
#include "base/minute.h"

struct step *script_add(struct script *script, long line, enum step_op op)
{
    if (script->count == script->room) {
        script->room = script->room ? 2 * script->room : 64;
        script->steps = realloc(script->steps, script->room * sizeof *script->steps);
        if (!script->steps)
            fail_exit(STATUS_FAILED, "no memory for so large a file");
    }
    script->steps[script->count] = (struct step){.line = line, .op = op, .at_ms = SCRIPT_NO_TIME};
    return &script->steps[script->count++];
}

void script_complain(struct script *script, long line, const char *format, ...)
{
    struct text message = {0};
    va_list arguments;

    if (++script->errors > SCRIPT_ERRORS_MAX)
        return;
    va_start(arguments, format);
    text_print_list(&message, format, arguments);
    va_end(arguments);
    fail_say("%s:%ld: %s", script->file, line, message.bytes);
    text_free(&message);
}

static int compare(const void *one, const void *two)
{
    return strcmp(*(const char *const *)one, *(const char *const *)two);
}

static void complain_of_doubles(struct script *script)
{
    const char **names = calloc(script->count + 1, sizeof *names);
    size_t count = 0;

    if (!names)
        fail_exit(STATUS_FAILED, "no memory for so large a file");
    for (size_t i = 0; i < script->count; i++)
        if (script->steps[i].op == STEP_INSERT)
            names[count++] = script->steps[i].name;
    qsort(names, count, sizeof *names, compare);
    for (size_t i = 0; i < script->count; i++) {
        const struct step *step = &script->steps[i];

        if (step->ref && !bsearch(&step->ref, names, count, sizeof *names, compare))
            script_complain(script, step->line, "it corrects \"%s\", and no line has that name",
                            step->ref);
    }
    free(names);
}

void script_finish(struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        struct step *step = &script->steps[i];
        struct text name = {0};

        if (!step->name) {
            text_print(&name, "line %ld", step->line);
            step->name = name.bytes;
        }
        if (step->op == STEP_INSERT)
            row_set(&step->entry, "client_ref", step->name);
    }
    complain_of_doubles(script);
}

void script_set(struct script *script, struct step *step, const char *column, const char *value)
{
    if (strcmp(column, "at") == 0) {
        if (value && !script_read_time(value, &step->at_ms))
            script_complain(script, step->line,
                            "\"%s\" is not a time: MM:SS, HH:MM:SS, seconds, "
                            "or 2026-11-23T20:15:01Z",
                            value);
    } else if (strncmp(column, "match.", 6) == 0 && row_is_match(column + 6)) {
        row_set(&step->state, column + 6, value);
    } else if (strcmp(column, "client_ref") == 0) {
        free(step->name);
        step->name = text_copy(value);
    } else if (row_is_entry(column)) {
        row_set(&step->entry, column, value);
    } else {
        script_complain(script, step->line,
                        "\"%s\" is no column of commentary.feed that can be "
                        "played, and no match.COLUMN",
                        column);
    }
}

/* Fields with colons between them, the last with a fraction. */
static bool read_clock(const char *text, int64_t *ms)
{
    double seconds = 0;
    char *end;

    for (int fields = 1; fields <= 3; fields++) {
        double field;

        if (!isdigit((unsigned char)*text))
            return false;
        field = strtod(text, &end);
        if (field > 1e9)
            return false;
        seconds = seconds * 60 + field;
        if (*end != ':') {
            *ms = (int64_t)(seconds * 1000);
            return *end == '\0';
        }
        text = end + 1;
    }
    return false;
}

static bool read_offset(const char *text, int *minutes)
{
    int hours, rest = 0, length = 0;

    *minutes = 0;
    if (!*text || strcmp(text, "Z") == 0)
        return true;
    if (*text != '+' && *text != '-')
        return false;
    if (sscanf(text + 1, "%2d:%2d%n", &hours, &rest, &length) != 2 &&
        sscanf(text + 1, "%2d%2d%n", &hours, &rest, &length) != 2 &&
        sscanf(text + 1, "%2d%n", &hours, &length) != 1)
        return false;
    *minutes = (*text == '-' ? -1 : 1) * (hours * 60 + rest);
    return text[1 + length] == '\0';
}

static bool read_timestamp(const char *text, int64_t *ms)
{
    struct tm when = {0};
    double fraction = 0;
    const char *rest = strptime(text, "%Y-%m-%d", &when);
    char *end = NULL;
    int minutes;

    if (!rest || (*rest != 'T' && *rest != ' '))
        return false;
    rest = strptime(rest + 1, "%H:%M:%S", &when);
    if (!rest)
        return false;
    if (*rest == '.') {
        fraction = strtod(rest, &end);
        rest = end;
    }
    if (!read_offset(rest, &minutes))
        return false;
    *ms = ((int64_t)timegm(&when) - (int64_t)minutes * 60) * 1000 + (int64_t)(fraction * 1000);
    return true;
}

bool script_read_time(const char *text, int64_t *ms)
{
    return read_clock(text, ms) || read_timestamp(text, ms);
}

void script_free(struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        free(script->steps[i].name);
        free(script->steps[i].ref);
        row_free(&script->steps[i].entry);
        row_free(&script->steps[i].state);
    }
    free(script->steps);
    row_free(&script->about);
}
