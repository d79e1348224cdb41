/*
 * Plays a script into a match, one transaction for each step: the entry with what changes of the
 * match. Each entry has a client_ref, so a step whose answer was lost is sent again, and a script
 * that was interrupted goes on after its last stored step.
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
    char *match;         /* its number; NULL: to be made of script->about */
    double speed;        /* 0: without waiting */
    bool is_dry;         /* in one transaction, which is rolled back */
    bool keeps_going;    /* after a step that the server refuses */
    bool shows_progress; /* on standard error, which is a terminal */
    int64_t patience_ms; /* with a server that is away */
    size_t first;        /* the step to begin with */
    size_t played, refused;
};

/* Set by a signal: the step that is under way is the last. */
extern volatile int player_is_stopped;

enum status player_run(struct player *player);

#endif
