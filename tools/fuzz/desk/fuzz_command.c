/* What a reporter types: any line is a whole command, or an error that says why. */
#include "fuzz.h"

#include "desk/command.h"

static struct row match;

static void check_good(const struct command *command)
{
    for (int i = 0; i < command->entry.count; i++)
        fuzz_expect(row_is_entry(command->entry.cells[i].name));
    for (int i = 0; i < command->state.count; i++)
        fuzz_expect(row_is_match(command->state.cells[i].name));
    fuzz_expect(command->verb != VERB_POST || row_get(&command->entry, "message"));
    fuzz_expect(command->verb != VERB_STATE || command->state.count > 0);
    fuzz_expect(command->seq >= 0 && command->number >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scene scene = {
        .match = &match, .minute = {44, -1}, .has_clock = size % 2 == 0, .period = (int)(size % 3)};
    char *line = fuzz_text(data, size);
    struct command command;

    if (match.count == 0) {
        row_set(&match, "home", "England");
        row_set(&match, "home_short", "ENG");
        row_set(&match, "away", "English Town");
        row_set(&match, "home_score", "1");
    }
    if (command_read(&command, line, &scene))
        check_good(&command);
    else
        fuzz_expect(command.error.length > 0);
    command_free(&command);
    free(line);
    return 0;
}
