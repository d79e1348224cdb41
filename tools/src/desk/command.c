#include "desk/command.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

const char *const command_words[] = {"goal", "card",  "sub",   "say",     "amend", "retract",
                                     "undo", "score", "clock", "kickoff", "half",  "second",
                                     "end",  "show",  "help",  "quit",    NULL};

const char command_help[] =
    "goal TEAM PLAYER [MINUTE] [TEXT]               card TEAM PLAYER [yellow|red] [MINUTE] [TEXT]\n"
    "sub TEAM ON OFF [MINUTE] [TEXT]                say [MINUTE] TEXT\n"
    "amend last|SEQ [COLUMN=VALUE]... [TEXT]        retract last|SEQ [REASON]\n"
    "undo     takes the last line back, within a minute\n"
    "score HOME AWAY, clock MM[:SS], kickoff, half, second, end, show [N], help, quit\n"
    "Names of several words stand in \"quotes\". Without a MINUTE it is that of the clock.\n";

PRINTF_LIKE(2, 3) static bool fail(struct command *command, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_print_list(&command->error, format, arguments);
    va_end(arguments);
    return false;
}

static const char *skip_spaces(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/* The next word, or what stands in quotes; false at the end of the line. */
static bool next_word(const char **line, struct text *word)
{
    const char *at = skip_spaces(*line), *end;

    text_clear(word);
    text_add(word, "", 0);
    if (!*at)
        return false;
    if (*at == '"' && (end = strchr(at + 1, '"'))) {
        text_add(word, at + 1, (size_t)(end - at - 1));
        end++;
    } else {
        for (end = at; *end && !isspace((unsigned char)*end);)
            end++;
        text_add(word, at, (size_t)(end - at));
    }
    *line = end;
    return true;
}

static void set_number(struct row *row, const char *name, long long number)
{
    struct text text = {0};

    text_print(&text, "%lld", number);
    row_set(row, name, text.bytes);
    text_free(&text);
}

/* "home" or "away"; NULL: neither, or it could be both. */
static const char *find_side(const struct row *match, const char *word)
{
    static const char *const names[][2] = {
        {"home", "home"}, {"home_short", "home"}, {"away", "away"}, {"away_short", "away"}};
    const char *found = NULL;

    for (int i = 0; i < 4; i++) {
        const char *name = row_get(match, names[i][0]);

        if (name && strcasecmp(name, word) == 0)
            return names[i][1];
        if (!name || strncasecmp(name, word, strlen(word)) != 0)
            continue;
        if (found && strcmp(found, names[i][1]) != 0)
            return NULL;
        found = names[i][1];
    }
    return found;
}

static void set_minute(struct command *command, struct minute minute)
{
    set_number(&command->entry, "minute", minute.minute);
    if (minute.stoppage >= 0)
        set_number(&command->entry, "stoppage", minute.stoppage);
}

/* The minute that is typed next, else that of the clock; then the text. */
static void take_minute_and_text(struct command *command, const char *line,
                                 const struct scene *scene, const char *otherwise)
{
    struct text word = {0};
    const char *rest = line;
    struct minute minute = {0, -1};
    bool is_typed = next_word(&rest, &word) && minute_read(word.bytes, &minute);

    if (is_typed)
        line = rest;
    if (is_typed || scene->has_clock)
        set_minute(command, is_typed ? minute : scene->minute);
    if (scene->period > 0)
        set_number(&command->entry, "period", scene->period);
    line = skip_spaces(line);
    row_set(&command->entry, "message", *line ? line : otherwise);
    text_free(&word);
}

static bool take_team(struct command *command, const char **line, const struct scene *scene,
                      const char **side)
{
    struct text word = {0};
    bool is_there = next_word(line, &word);

    *side = is_there && word.length > 0 ? find_side(scene->match, word.bytes) : NULL;
    if (*side)
        row_set(&command->entry, "team", row_get(scene->match, *side));
    else
        (void)fail(command, "which team? \"%s\" is neither %s nor %s", word.bytes,
                   row_get(scene->match, "home") ? row_get(scene->match, "home") : "-",
                   row_get(scene->match, "away") ? row_get(scene->match, "away") : "-");
    text_free(&word);
    return *side != NULL;
}

static bool take_player(struct command *command, const char **line)
{
    struct text word = {0};
    struct minute minute;
    bool is_there = next_word(line, &word) && word.length > 0 && !minute_read(word.bytes, &minute);

    if (is_there)
        row_set(&command->entry, "actor", word.bytes);
    text_free(&word);
    return is_there || fail(command, "which player?");
}

static void set_score(struct command *command, const char *side, long long score)
{
    struct text column = {0};

    text_print(&column, "%s_score", side);
    set_number(&command->entry, column.bytes, score);
    set_number(&command->state, column.bytes, score);
    text_free(&column);
}

static long long score_of(const struct scene *scene, const char *column)
{
    const char *score = row_get(scene->match, column);

    return score ? atoll(score) : 0;
}

static bool goal(struct command *command, const char *line, const struct scene *scene)
{
    long long home = score_of(scene, "home_score"), away = score_of(scene, "away_score");
    const char *side;

    if (!take_team(command, &line, scene, &side) || !take_player(command, &line))
        return false;
    row_set(&command->entry, "kind", "goal");
    take_minute_and_text(command, line, scene, "Goal!");
    set_score(command, "home", home + (strcmp(side, "home") == 0));
    set_score(command, "away", away + (strcmp(side, "away") == 0));
    return true;
}

static bool card(struct command *command, const char *line, const struct scene *scene)
{
    struct text word = {0};
    const char *side, *rest;
    bool is_red;

    if (!take_team(command, &line, scene, &side) || !take_player(command, &line))
        return false;
    rest = line;
    (void)next_word(&rest, &word);
    is_red = strcmp(word.bytes, "red") == 0;
    if (is_red || strcmp(word.bytes, "yellow") == 0)
        line = rest;
    text_free(&word);
    row_set(&command->entry, "kind", is_red ? "red_card" : "yellow_card");
    take_minute_and_text(command, line, scene, is_red ? "Red card." : "Yellow card.");
    return true;
}

static bool sub(struct command *command, const char *line, const struct scene *scene)
{
    struct text off = {0}, message = {0};
    const char *side;
    bool is_there;

    if (!take_team(command, &line, scene, &side) || !take_player(command, &line))
        return false;
    is_there = next_word(&line, &off);
    if (is_there && strcmp(off.bytes, "for") == 0)
        is_there = next_word(&line, &off);
    if (is_there) {
        row_set(&command->entry, "kind", "substitution");
        text_print(&message, "%s comes on for %s.", row_get(&command->entry, "actor"), off.bytes);
        take_minute_and_text(command, line, scene, message.bytes);
    }
    text_free(&off);
    text_free(&message);
    return is_there || fail(command, "for whom? sub TEAM ON OFF");
}

static bool say(struct command *command, const char *line, const struct scene *scene)
{
    take_minute_and_text(command, line, scene, NULL);
    return row_get(&command->entry, "message") || fail(command, "say what?");
}

static bool take_seq(struct command *command, const char **line)
{
    struct text word = {0};
    bool is_right =
        next_word(line, &word) &&
        (strcmp(word.bytes, "last") == 0 || number_read(word.bytes, 1, 1LL << 53, &command->seq));

    text_free(&word);
    return is_right || fail(command, "which line? Its number, or `last`");
}

static bool amend(struct command *command, const char *line, const struct scene *scene)
{
    struct text word = {0};
    const char *rest;

    (void)scene;
    command->verb = VERB_AMEND;
    if (!take_seq(command, &line))
        return false;
    for (rest = line; next_word(&rest, &word); line = rest) {
        char *value = strchr(word.bytes, '=');

        if (!value)
            break;
        *value++ = '\0';
        /* actor="Two Words": the quotes begin after the =. */
        if (*value == '"') {
            rest = strchr(line, '"');
            if (!rest)
                break;
            text_clear(&word);
            (void)next_word(&rest, &word);
            value = word.bytes;
        }
        {
            struct text name = {0};
            const char *at = skip_spaces(line);

            text_add(&name, at, strcspn(at, "="));
            if (row_is_entry(name.bytes) && strcmp(name.bytes, "client_ref") != 0)
                row_set(&command->entry, name.bytes, *value ? value : NULL);
            else
                (void)fail(command, "\"%s\" is no column that can be amended", name.bytes);
            text_free(&name);
        }
    }
    text_free(&word);
    line = skip_spaces(line);
    if (*line)
        row_set(&command->entry, "message", line);
    if (command->entry.count == 0 && command->error.length == 0)
        return fail(command, "amend what? COLUMN=VALUE, or the new text");
    return command->error.length == 0;
}

static bool retract(struct command *command, const char *line, const struct scene *scene)
{
    (void)scene;
    command->verb = VERB_RETRACT;
    if (!take_seq(command, &line))
        return false;
    line = skip_spaces(line);
    row_set(&command->entry, "message", *line ? line : NULL);
    return true;
}

static bool score(struct command *command, const char *line, const struct scene *scene)
{
    long long home, away;
    struct text word = {0};
    bool is_right;

    (void)scene;
    command->verb = VERB_STATE;
    is_right = next_word(&line, &word) && number_read(word.bytes, 0, 9999, &home) &&
               next_word(&line, &word) && number_read(word.bytes, 0, 9999, &away);
    text_free(&word);
    if (!is_right)
        return fail(command, "score HOME AWAY");
    set_number(&command->state, "home_score", home);
    set_number(&command->state, "away_score", away);
    return true;
}

static bool set_clock(struct command *command, const char *line, const struct scene *scene)
{
    int minutes, seconds = 0, length = 0;

    (void)scene;
    command->verb = VERB_CLOCK;
    line = skip_spaces(line);
    if ((sscanf(line, "%3d:%2d%n", &minutes, &seconds, &length) != 2 &&
         (seconds = 0, sscanf(line, "%3d%n", &minutes, &length) != 1)) ||
        minutes < 0 || seconds < 0 || seconds > 59 || *skip_spaces(line + length))
        return fail(command, "clock MM or MM:SS");
    command->number = minutes * 60 + seconds;
    return true;
}

/* A part of the match begins or ends. */
static bool part(struct command *command, int begins, const char *kind, const char *status,
                 const char *message, const struct scene *scene)
{
    command->begins = begins;
    row_set(&command->entry, "kind", kind);
    row_set(&command->entry, "message", message);
    row_set(&command->state, "status", status);
    if (begins > 0)
        set_number(&command->entry, "period", begins);
    else if (scene->period > 0)
        set_number(&command->entry, "period", scene->period);
    if (begins == 1 && !row_get(scene->match, "home_score")) {
        set_number(&command->state, "home_score", 0);
        set_number(&command->state, "away_score", 0);
    }
    return true;
}

static bool show(struct command *command, const char *line)
{
    command->verb = VERB_SHOW;
    command->number = 10;
    line = skip_spaces(line);
    return !*line || number_read(line, 1, 500, &command->number) || fail(command, "show 1 to 500");
}

static bool read_verb(struct command *command, const char *verb, const char *line,
                      const struct scene *scene)
{
    static const struct {
        const char *word;
        bool (*read)(struct command *, const char *, const struct scene *);
    } readers[] = {{"goal", goal},   {"card", card},       {"sub", sub},     {"say", say},
                   {"amend", amend}, {"retract", retract}, {"score", score}, {"clock", set_clock}};

    command->verb = VERB_POST;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (strcmp(verb, readers[i].word) == 0)
            return readers[i].read(command, line, scene);
    if (strcmp(verb, "kickoff") == 0)
        return part(command, 1, "kick_off", "live", "Kick-off.", scene);
    if (strcmp(verb, "half") == 0)
        return part(command, -1, "half_time", "paused", "Half time.", scene);
    if (strcmp(verb, "second") == 0)
        return part(command, 2, "kick_off", "live", "The second half begins.", scene);
    if (strcmp(verb, "end") == 0)
        return part(command, -1, "full_time", "finished", "Full time.", scene);
    if (strcmp(verb, "show") == 0)
        return show(command, line);
    command->verb = strcmp(verb, "undo") == 0   ? VERB_UNDO
                    : strcmp(verb, "help") == 0 ? VERB_HELP
                    : strcmp(verb, "quit") == 0 ? VERB_QUIT
                                                : VERB_NOTHING;
    return command->verb != VERB_NOTHING ||
           fail(command, "\"%s\" is no command; see `help`. A line of text: say TEXT", verb);
}

bool command_read(struct command *command, const char *line, const struct scene *scene)
{
    struct text verb = {0};
    bool is_right = true;

    *command = (struct command){.verb = VERB_NOTHING};
    if (next_word(&line, &verb))
        is_right = read_verb(command, verb.bytes, line, scene);
    text_free(&verb);
    return is_right;
}

void command_free(struct command *command)
{
    row_free(&command->entry);
    row_free(&command->state);
    text_free(&command->error);
}
