/* Commands that correct an entry. */
#include <string.h>

#include "base/number.h"
#include "desk/command.h"
#include "desk/command_readers.h"
#include "desk/words.h"

static bool take_seq(struct command *command, const char **line)
{
    struct text word = {0};
    bool is_right =
        words_next(line, &word) &&
        (strcmp(word.bytes, "last") == 0 || number_read(word.bytes, 1, 1LL << 53, &command->seq));

    text_free(&word);
    return is_right || command_fail(command, "which line? Its number, or `last`");
}

/* The value of COLUMN=VALUE, which takes it from the line. False: the line goes on with text. */
static bool take_value(const char **line, struct text *word, const char **value)
{
    const char *rest = *line;
    char *equals;

    if (!words_next(&rest, word) || !(equals = strchr(word->bytes, '=')))
        return false;
    *value = equals + 1;
    /* actor="Two Words": the quotes begin after the =. */
    if (**value == '"') {
        if (!(rest = strchr(*line, '"')))
            return false;
        text_clear(word);
        (void)words_next(&rest, word);
        *value = word->bytes;
    }
    *line = rest;
    return true;
}

static void set_column(struct command *command, const char *at, const char *value)
{
    struct text name = {0};

    text_add(&name, at, strcspn(at, "="));
    if (row_is_entry(name.bytes) && strcmp(name.bytes, "client_ref") != 0)
        row_set(&command->entry, name.bytes, *value ? value : NULL);
    else
        (void)command_fail(command, "\"%s\" is no column that can be amended", name.bytes);
    text_free(&name);
}

static void take_columns(struct command *command, const char **line)
{
    struct text word = {0};
    const char *at = words_skip_spaces(*line), *value;

    for (; take_value(line, &word, &value); at = words_skip_spaces(*line))
        set_column(command, at, value);
    text_free(&word);
}

bool command_amend(struct command *command, const char *line, const struct scene *scene)
{
    (void)scene;
    if (!take_seq(command, &line))
        return false;
    take_columns(command, &line);
    line = words_skip_spaces(line);
    if (*line)
        row_set(&command->entry, "message", line);
    if (command->entry.count == 0 && command->error.length == 0)
        return command_fail(command, "amend what? COLUMN=VALUE, or the new text");
    return command->error.length == 0;
}

bool command_retract(struct command *command, const char *line, const struct scene *scene)
{
    (void)scene;
    if (!take_seq(command, &line))
        return false;
    line = words_skip_spaces(line);
    row_set(&command->entry, "message", *line ? line : NULL);
    return true;
}
