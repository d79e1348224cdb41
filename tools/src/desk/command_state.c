/* Commands of the match itself: its score, its clock, and its parts. */
#include <stdio.h>

#include "base/number.h"
#include "desk/command.h"
#include "desk/command_readers.h"
#include "desk/words.h"

bool command_score(struct command *command, const char *line, const struct scene *scene)
{
    long long home, away;
    struct text word = {0};
    bool is_right;

    (void)scene;
    is_right = words_next(&line, &word) && number_read(word.bytes, 0, 9999, &home) &&
               words_next(&line, &word) && number_read(word.bytes, 0, 9999, &away);
    text_free(&word);
    if (!is_right)
        return command_fail(command, "score HOME AWAY");
    command_set_number(&command->state, "home_score", home);
    command_set_number(&command->state, "away_score", away);
    return true;
}

bool command_clock(struct command *command, const char *line, const struct scene *scene)
{
    int minutes, seconds = 0, length = 0;

    (void)scene;
    line = words_skip_spaces(line);
    if ((sscanf(line, "%3d:%2d%n", &minutes, &seconds, &length) != 2 &&
         (seconds = 0, sscanf(line, "%3d%n", &minutes, &length) != 1)) ||
        minutes < 0 || seconds < 0 || seconds > 59 || *words_skip_spaces(line + length))
        return command_fail(command, "clock MM or MM:SS");
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
        command_set_number(&command->entry, "period", begins);
    else if (scene->period > 0)
        command_set_number(&command->entry, "period", scene->period);
    if (begins == 1 && !row_get(scene->match, "home_score")) {
        command_set_number(&command->state, "home_score", 0);
        command_set_number(&command->state, "away_score", 0);
    }
    return true;
}

bool command_kickoff(struct command *command, const char *line, const struct scene *scene)
{
    (void)line;
    return part(command, 1, "kick_off", "live", "Kick-off.", scene);
}

bool command_half(struct command *command, const char *line, const struct scene *scene)
{
    (void)line;
    return part(command, -1, "half_time", "paused", "Half time.", scene);
}

bool command_second(struct command *command, const char *line, const struct scene *scene)
{
    (void)line;
    return part(command, 2, "kick_off", "live", "The second half begins.", scene);
}

bool command_end(struct command *command, const char *line, const struct scene *scene)
{
    (void)line;
    return part(command, -1, "full_time", "finished", "Full time.", scene);
}
