/* Commands that post an entry: a goal, a card, a substitution, a line of text. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "desk/command.h"
#include "desk/command_readers.h"
#include "desk/words.h"

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
    command_set_number(&command->entry, "minute", minute.minute);
    if (minute.stoppage >= 0)
        command_set_number(&command->entry, "stoppage", minute.stoppage);
}

/* The minute that is typed next, else that of the clock; then the text. */
static void take_minute_and_text(struct command *command, const char *line,
                                 const struct scene *scene, const char *otherwise)
{
    struct text word = {0};
    const char *rest = line;
    struct minute minute = {0, -1};
    bool is_typed = words_next(&rest, &word) && minute_read(word.bytes, &minute);

    if (is_typed)
        line = rest;
    if (is_typed || scene->has_clock)
        set_minute(command, is_typed ? minute : scene->minute);
    if (scene->period > 0)
        command_set_number(&command->entry, "period", scene->period);
    line = words_skip_spaces(line);
    row_set(&command->entry, "message", *line ? line : otherwise);
    text_free(&word);
}

static bool take_team(struct command *command, const char **line, const struct scene *scene,
                      const char **side)
{
    struct text word = {0};
    bool is_there = words_next(line, &word);

    *side = is_there && word.length > 0 ? find_side(scene->match, word.bytes) : NULL;
    if (*side)
        row_set(&command->entry, "team", row_get(scene->match, *side));
    else
        (void)command_fail(command, "which team? \"%s\" is neither %s nor %s", word.bytes,
                           row_get(scene->match, "home") ? row_get(scene->match, "home") : "-",
                           row_get(scene->match, "away") ? row_get(scene->match, "away") : "-");
    text_free(&word);
    return *side != NULL;
}

static bool take_player(struct command *command, const char **line)
{
    struct text word = {0};
    struct minute minute;
    bool is_there = words_next(line, &word) && word.length > 0 && !minute_read(word.bytes, &minute);

    if (is_there)
        row_set(&command->entry, "actor", word.bytes);
    text_free(&word);
    return is_there || command_fail(command, "which player?");
}

static void set_score(struct command *command, const char *side, long long score)
{
    struct text column = {0};

    text_print(&column, "%s_score", side);
    command_set_number(&command->entry, column.bytes, score);
    command_set_number(&command->state, column.bytes, score);
    text_free(&column);
}

static long long score_of(const struct scene *scene, const char *column)
{
    const char *score = row_get(scene->match, column);

    return score ? atoll(score) : 0;
}

bool command_goal(struct command *command, const char *line, const struct scene *scene)
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

bool command_card(struct command *command, const char *line, const struct scene *scene)
{
    struct text word = {0};
    const char *side, *rest;
    bool is_red;

    if (!take_team(command, &line, scene, &side) || !take_player(command, &line))
        return false;
    rest = line;
    (void)words_next(&rest, &word);
    is_red = strcmp(word.bytes, "red") == 0;
    if (is_red || strcmp(word.bytes, "yellow") == 0)
        line = rest;
    text_free(&word);
    row_set(&command->entry, "kind", is_red ? "red_card" : "yellow_card");
    take_minute_and_text(command, line, scene, is_red ? "Red card." : "Yellow card.");
    return true;
}

bool command_sub(struct command *command, const char *line, const struct scene *scene)
{
    struct text off = {0}, message = {0};
    const char *side;
    bool is_there;

    if (!take_team(command, &line, scene, &side) || !take_player(command, &line))
        return false;
    is_there = words_next(&line, &off);
    if (is_there && strcmp(off.bytes, "for") == 0)
        is_there = words_next(&line, &off);
    if (is_there) {
        row_set(&command->entry, "kind", "substitution");
        text_print(&message, "%s comes on for %s.", row_get(&command->entry, "actor"), off.bytes);
        take_minute_and_text(command, line, scene, message.bytes);
    }
    text_free(&off);
    text_free(&message);
    return is_there || command_fail(command, "for whom? sub TEAM ON OFF");
}

bool command_say(struct command *command, const char *line, const struct scene *scene)
{
    take_minute_and_text(command, line, scene, NULL);
    return row_get(&command->entry, "message") || command_fail(command, "say what?");
}
