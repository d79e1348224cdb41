/*
 * The upgrade: another program, or the same with other options, takes the place of this one
 * in this very process (SIGUSR2). The service manager sees no change: the main process stays.
 *
 * The new program is first tried with --check-config, in a child, because exec() has no way back.
 */
#ifndef UPGRADE_H
#define UPGRADE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "supervisor/handover.h"

struct upgrade_settings {
    const char *program; /* the file */
    char *const *argv;   /* with what is secret */
};

struct upgrade {
    struct upgrade_settings settings;
    pid_t pid; /* the child that tries the new program; 0: there is none */
    int64_t ends_ms;
};

/* Starts the trial, if none is under way; `signals` is the mask of the time before. */
void upgrade_begin(struct upgrade *upgrade, const sigset_t *signals);

/* A trial that takes too long is ended; or any trial, which will be seen among the children. */
void upgrade_check_time(const struct upgrade *upgrade);
void upgrade_give_up(const struct upgrade *upgrade);

/* The trial has ended, with this status of waitpid(). False: the new program is not right. */
bool upgrade_is_right(struct upgrade *upgrade, int status) MUST_CHECK;

/* Does not return, unless it fails, which is logged: then this program goes on. */
void upgrade_run(const struct upgrade *upgrade, const struct handover *handover);

/* Logs why this program goes on. */
void upgrade_refuse(const char *reason, int code);

#endif
