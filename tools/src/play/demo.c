#include "play/demo.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/minute.h"
#include "base/number.h"

#define BREAK_MS 60000
#define FIELDS 6

enum field { TIME, KIND, TEAM, ACTOR, MESSAGE, SETTINGS };

struct reader {
    struct script *script;
    long line;
    int period;
    int64_t last_ms, base_ms; /* of the file; of its period */
    int scores[2];
};

static char *trim(char *text)
{
    char *end = text + strlen(text);

    while (end > text && isspace((unsigned char)end[-1]))
        *--end = '\0';
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

static void set_about(struct script *script, const char *column, const char *value)
{
    if (value && *value)
        row_set(&script->about, column, value);
}

static void read_about(struct reader *reader, char *line, long long *speed)
{
    char *key = trim(strsep(&line, "|")), *value = line ? trim(strsep(&line, "|")) : "";
    char *second = line ? trim(line) : "";

    if (strcmp(key, "@teams") == 0) {
        set_about(reader->script, "home", value);
        set_about(reader->script, "away", second);
    } else if (strcmp(key, "@short") == 0) {
        set_about(reader->script, "home_short", value);
        set_about(reader->script, "away_short", second);
    } else if (strcmp(key, "@speed") == 0) {
        if (!number_read(value, 1, 10000, speed))
            script_complain(reader->script, reader->line, "\"%s\" is not a speed", value);
    } else if (row_is_match(key + 1)) {
        set_about(reader->script, key + 1, value);
    } else {
        script_complain(reader->script, reader->line, "\"%s\" is not known", key);
    }
}

/* "MM:SS" or "P MM:SS"; sets the time of the step, its period and its minute. */
static bool read_time(struct reader *reader, struct step *step, const char *text)
{
    static const int ends[] = {0, 45, 90, 105, 120, 0};
    int period = 0, minutes, seconds, length = 0;
    struct text value = {0};

    if ((sscanf(text, "%1d %4d:%2d%n", &period, &minutes, &seconds, &length) != 3 ||
         text[length]) &&
        (period = 0, sscanf(text, "%4d:%2d%n", &minutes, &seconds, &length) != 2 || text[length]))
        return false;
    if (period < 0 || period > 5 || minutes < 0 || seconds < 0 || seconds > 59)
        return false;
    step->at_ms = ((int64_t)minutes * 60 + seconds) * 1000;
    if (period != reader->period) {
        reader->base_ms = reader->last_ms + BREAK_MS - step->at_ms;
        reader->period = period;
    }
    step->at_ms += reader->base_ms;
    reader->last_ms = step->at_ms;
    if (period > 0) {
        struct minute minute = minute_of_clock(minutes + 1, ends[period]);

        text_print(&value, "%d", period);
        row_set(&step->entry, "period", value.bytes);
        text_clear(&value);
        text_print(&value, "%d", minute.minute);
        if (ends[period])
            row_set(&step->entry, "minute", value.bytes);
        text_clear(&value);
        text_print(&value, "%d", minute.stoppage);
        if (minute.stoppage >= 0)
            row_set(&step->entry, "stoppage", value.bytes);
        text_free(&value);
    }
    return true;
}

/* "kind", "kind #name", "kind > status", both, "amend name", "retract name". */
static bool read_kind(struct step *step, char *text)
{
    char *status = strchr(text, '>'), *name, *kind;

    if (status) {
        *status++ = '\0';
        row_set(&step->state, "status", trim(status));
    }
    name = trim(text);
    kind = strsep(&name, " \t");
    name = name ? trim(name) : NULL;
    if (name && (strcmp(kind, "amend") == 0 || strcmp(kind, "retract") == 0)) {
        step->op = *kind == 'a' ? STEP_AMEND : STEP_RETRACT;
        step->ref = text_copy(name);
        return *name != '\0';
    }
    if (name && (*name != '#' || !name[1]))
        return false;
    if (name)
        step->name = text_copy(name + 1);
    row_set(&step->entry, "kind", kind);
    return *kind != '\0';
}

/* 'A, B' as JSON. */
static void set_leaderboard(struct step *step, char *names)
{
    struct text json = {0};
    int rank = 0;
    char *name;

    text_add_string(&json, "[");
    while ((name = strsep(&names, ","))) {
        text_print(&json, "%s{\"rank\": %d, \"name\": \"", rank > 0 ? ", " : "", rank + 1);
        for (name = trim(name); *name; name++) {
            if (*name == '"' || *name == '\\')
                text_add_string(&json, "\\");
            text_add(&json, name, 1);
        }
        text_add_string(&json, "\"}");
        rank++;
    }
    text_add_string(&json, "]");
    row_set(&step->state, "leaderboard", json.bytes);
    text_free(&json);
}

/* A number is a score; anything else is the score as the sport says it. */
static void set_score(struct reader *reader, struct step *step, int side, const char *value)
{
    bool is_number = strspn(value, "0123456789") == strlen(value);
    struct text column = {0};

    text_print(&column, "%s_%s", side == 0 ? "home" : "away", is_number ? "score" : "display");
    row_set(&step->entry, column.bytes, value);
    row_set(&step->state, column.bytes, value);
    if (is_number)
        reader->scores[side] = atoi(value);
    text_free(&column);
}

static void read_settings(struct reader *reader, struct step *step, char *settings)
{
    char *setting;

    while ((setting = strsep(&settings, ";"))) {
        char *value = strchr(setting = trim(setting), '=');

        if (!*setting)
            continue;
        if (!value) {
            script_complain(reader->script, reader->line, "\"%s\" is no setting: column=value",
                            setting);
            continue;
        }
        *value++ = '\0';
        if (strcmp(setting, "home") == 0 || strcmp(setting, "away") == 0)
            set_score(reader, step, *setting == 'h' ? 0 : 1, value);
        else if (strcmp(setting, "match.leaderboard") == 0)
            set_leaderboard(step, value);
        else
            script_set(reader->script, step, setting, value);
    }
}

static void count_goal(struct reader *reader, struct step *step, const char *team)
{
    const struct row *about = &reader->script->about;
    const char *const sides[] = {row_get(about, "home"), row_get(about, "away")};
    struct text value = {0};

    for (int i = 0; i < 2; i++)
        if (sides[i] && strcmp(sides[i], team) == 0)
            reader->scores[i]++;
    for (int i = 0; i < 2; i++) {
        text_clear(&value);
        text_print(&value, "%d", reader->scores[i]);
        set_score(reader, step, i, value.bytes);
    }
    text_free(&value);
}

static void set(struct step *step, const char *column, const char *value)
{
    if (*value)
        row_set(&step->entry, column, value);
}

static void read_step(struct reader *reader, char *line)
{
    struct step *step = script_add(reader->script, reader->line, STEP_INSERT);
    char *fields[FIELDS];
    const char *kind;

    for (int i = 0; i < FIELDS; i++)
        fields[i] = line ? trim(i == FIELDS - 1 ? line : strsep(&line, "|")) : "";
    if (!read_time(reader, step, fields[TIME]))
        script_complain(reader->script, reader->line, "\"%s\" is not a time: MM:SS or P MM:SS",
                        fields[TIME]);
    else if (!read_kind(step, fields[KIND]))
        script_complain(reader->script, reader->line, "\"%s\" is not a kind", fields[KIND]);
    set(step, "team", fields[TEAM]);
    set(step, "actor", fields[ACTOR]);
    set(step, "message", fields[MESSAGE]);
    if (*fields[SETTINGS])
        read_settings(reader, step, fields[SETTINGS]);
    kind = row_get(&step->entry, "kind");
    if (kind && (strcmp(kind, "kick_off") == 0 || strcmp(kind, "goal") == 0) &&
        !row_has(&step->state, "home_score"))
        count_goal(reader, step, strcmp(kind, "goal") == 0 ? fields[TEAM] : "");
    /* A correction says only what it changes. */
    if (step->op != STEP_INSERT) {
        row_take_away(&step->entry, "period");
        row_take_away(&step->entry, "minute");
        row_take_away(&step->entry, "stoppage");
    }
}

void demo_read(struct script *script, char *text, long long *speed)
{
    struct reader reader = {.script = script, .last_ms = -BREAK_MS};
    char *line;

    while ((line = strsep(&text, "\n"))) {
        reader.line++;
        line = trim(line);
        if (*line == '@')
            read_about(&reader, line, speed);
        else if (*line && *line != '#')
            read_step(&reader, line);
    }
}
