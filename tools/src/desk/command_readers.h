/*
 * What the files of `command` share: command.c knows every verb, command_post.c reads new entries,
 * command_correct.c corrections, and command_state.c score, clock and parts of the match.
 */
#ifndef COMMAND_READERS_H
#define COMMAND_READERS_H

#include <stdbool.h>

#include "base/attr.h"

struct command;
struct row;
struct scene;

/* Reads what follows the verb. False: `error` says what is wrong. */
typedef bool command_reader(struct command *command, const char *line, const struct scene *scene);

command_reader command_goal, command_card, command_sub, command_say;
command_reader command_amend, command_retract;
command_reader command_score, command_clock;
command_reader command_kickoff, command_half, command_second, command_end;

/* Always false. */
PRINTF_LIKE(2, 3) bool command_fail(struct command *command, const char *format, ...);

void command_set_number(struct row *row, const char *name, long long number);

#endif
