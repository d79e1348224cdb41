#include "desk/command.h"

#include <stdarg.h>
#include <string.h>

#include "base/number.h"
#include "desk/command_readers.h"
#include "desk/words.h"

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

bool command_fail(struct command *command, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_print_list(&command->error, format, arguments);
    va_end(arguments);
    return false;
}

void command_set_number(struct row *row, const char *name, long long number)
{
    struct text text = {0};

    text_print(&text, "%lld", number);
    row_set(row, name, text.bytes);
    text_free(&text);
}

static bool show(struct command *command, const char *line, const struct scene *scene)
{
    (void)scene;
    command->number = 10;
    line = words_skip_spaces(line);
    return !*line || number_read(line, 1, 500, &command->number) ||
           command_fail(command, "show 1 to 500");
}

static const struct {
    const char *word;
    enum verb verb;
    command_reader *read; /* NULL: nothing follows the verb */
} verbs[] = {
    {"goal", VERB_POST, command_goal},
    {"card", VERB_POST, command_card},
    {"sub", VERB_POST, command_sub},
    {"say", VERB_POST, command_say},
    {"kickoff", VERB_POST, command_kickoff},
    {"half", VERB_POST, command_half},
    {"second", VERB_POST, command_second},
    {"end", VERB_POST, command_end},
    {"amend", VERB_AMEND, command_amend},
    {"retract", VERB_RETRACT, command_retract},
    {"score", VERB_STATE, command_score},
    {"clock", VERB_CLOCK, command_clock},
    {"show", VERB_SHOW, show},
    {"undo", VERB_UNDO, NULL},
    {"help", VERB_HELP, NULL},
    {"quit", VERB_QUIT, NULL},
};

static bool read_verb(struct command *command, const char *word, const char *line,
                      const struct scene *scene)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(word, verbs[i].word) == 0) {
            command->verb = verbs[i].verb;
            return !verbs[i].read || verbs[i].read(command, line, scene);
        }
    return command_fail(command, "\"%s\" is no command; see `help`. A line of text: say TEXT",
                        word);
}

bool command_read(struct command *command, const char *line, const struct scene *scene)
{
    struct text verb = {0};
    bool is_right = true;

    *command = (struct command){.verb = VERB_NOTHING};
    if (words_next(&line, &verb))
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
