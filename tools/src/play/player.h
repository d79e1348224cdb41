/*
 * Plays a script into a match. Each step is one transaction: the entry, and the changes of the
 * match. Each entry has a client_ref, so a step whose answer was lost can be sent again, and a
 * script that was interrupted goes on after its last stored step.
 */
#ifndef PLAYER_H
#define PLAYER_H

#include <stdbool.h>

#include "base/db.h"
#include "base/fail.h"
#include "play/script.h"

struct player {
    struct db db;
    const struct script *script;
    char *match;         /* its number; NULL: create it from script->about */
    double speed;        /* 0: without waiting */
    bool is_dry;         /* all in one transaction, which is rolled back */
    bool keeps_going;    /* go on after a step that the server refuses */
    bool shows_progress; /* on standard error, which is a terminal */
    int64_t patience_ms; /* how long to wait for a server that is away */
    size_t first;        /* the first step to play */
    size_t played, refused;
};

/* Set by a signal: the current step is the last one. */
extern volatile int player_is_stopped;

enum status player_run(struct player *player);

#endif
