/*
 * A worker, as its supervisor sees it: a process with a channel on which it tells how it is,
 * and when it is to start again.
 */
#ifndef WORKER_H
#define WORKER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/backoff.h"

struct worker {
    int number;  /* from 1 */
    pid_t pid;   /* 0: not running */
    int channel; /* -1: none */
    bool is_ready;
    bool was_ready; /* this or one before it */
    int64_t started_ms;
    int64_t heard_ms; /* the last sign of life */
    int64_t start_ms; /* when it is to start again */
    struct backoff backoff;
    int deaths; /* in a row */
    int starts; /* ever */
};

/* What the new process is told of itself. */
struct worker_role {
    int number;           /* from 1; 0: it is no worker */
    int channel;          /* to the supervisor; the worker's to close */
    int restarts;         /* how many there were before it, of that number */
    bool has_predecessor; /* workers of another program serve until it listens */
};

enum worker_said {
    WORKER_SILENT, /* nothing more for now */
    WORKER_ALIVE,
    WORKER_READY,
    WORKER_STATUS
};

/* A worker that does not run yet. */
void worker_init(struct worker *worker, int number);

/*
 * Forks it. True in the new worker, which then has its role and the signals of the time
 * before the supervisor. False in the supervisor; if the worker could not be started,
 * start_ms says when to try again.
 */
bool worker_start(struct worker *worker, const sigset_t *signals_before,
                  struct worker_role *role) MUST_CHECK;

/* What it says next. WORKER_STATUS: `text` is the status. */
enum worker_said worker_hear(struct worker *worker, char *text, size_t size);

/* Logs how it has ended; status is that of waitpid(). */
void worker_log_end(const struct worker *worker, int status, bool is_good);

/* It does not run any more. */
void worker_forget(struct worker *worker);

/* Decides when it starts again, after it has ended. */
void worker_retry(struct worker *worker);

/* The worker does not answer: kills it. */
void worker_kill(const struct worker *worker);

/* Closes the channel on this side. */
void worker_hang_up(struct worker *worker);

#endif
