/*
 * The supervisor: keeps one or more workers alive. Each worker is a process forked from the
 * supervisor, and a whole relay; workers share nothing but the port. A worker that dies is
 * replaced; a worker that hangs is killed first.
 *
 * A worker tells it what a relay tells a service manager (service_manager.h), on a socket of
 * its own; the supervisor speaks to the service manager for all. When the supervisor
 * is gone, however it ended, that socket ends as well: so no worker outlives it.
 */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "main/worker.h"

struct supervisor_settings {
    int workers;
    int64_t drain_ms; /* how long a worker may take to end */
    /* A worker that ends with such a code would do so again: all end, with that code. */
    bool (*is_final)(int code, bool was_ready);
    /* At SIGHUP, before the workers hear of it: what a new one starts with is read again. */
    void (*reload)(void *context);
    void *context;
};

/* How long a worker's loop may be silent. */
int64_t supervisor_hang_ms(void);

/*
 * Returns twice, as fork() does: in the supervisor once all workers have ended, with
 * the exit code and role->number 0; and in each worker as it starts, with its role.
 */
int supervisor_run(const struct supervisor_settings *settings, struct worker_role *role) MUST_CHECK;

#endif
