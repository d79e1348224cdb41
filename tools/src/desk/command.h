/*
 * What a reporter types:
 *
 *   goal ENG Kane 45+2 From the spot!     goal TEAM PLAYER [MINUTE] [TEXT]
 *   card ENG "Le Tissier" red 60          card TEAM PLAYER [yellow|red] [MINUTE] [TEXT]
 *   sub ENG Foden Saka 70                 sub TEAM ON OFF [MINUTE] [TEXT]
 *   say A good spell for City.            say [MINUTE] TEXT
 *   amend last actor=Saka                 amend last|SEQ [COLUMN=VALUE]... [TEXT]
 *   retract 58 offside                    retract last|SEQ [REASON]
 *   undo · score 2 1 · clock 44:10 · kickoff · half · second · end · show [N] · help · quit
 *
 * TEAM is a name or a short name of the match, or the beginning of one. A word that is no command
 * is an error: nothing that was mistyped is published.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/minute.h"
#include "base/row.h"
#include "base/text.h"

enum verb {
    VERB_NOTHING,
    VERB_POST,
    VERB_AMEND,
    VERB_RETRACT,
    VERB_STATE,
    VERB_UNDO,
    VERB_CLOCK,
    VERB_SHOW,
    VERB_HELP,
    VERB_QUIT,
};

/* What the parser has to know of the match. */
struct scene {
    const struct row *match; /* home, away, home_short, away_short, home_score, away_score */
    struct minute minute;    /* of the clock; stoppage -1: none */
    bool has_clock;
    int period;
};

struct command {
    enum verb verb;
    struct row entry, state;
    long long seq;    /* that is corrected; 0: the last */
    long long number; /* of `show`; seconds of `clock` */
    int begins;       /* the period that begins with it; -1: one ends; 0: neither */
    struct text error;
};

/* False: `error` says what is wrong. */
MUST_CHECK bool command_read(struct command *command, const char *line, const struct scene *scene);
void command_free(struct command *command);

/* The words that a line may begin with, NULL after the last; and what they mean. */
extern const char *const command_words[];
extern const char command_help[];

#endif
