/*
 * The supervisor: keeps one or more workers alive. Each worker is a process forked from the
 * supervisor, and a whole relay; workers share nothing but the port. A worker that dies is
 * replaced; a worker that hangs is killed first.
 *
 * A worker sends the messages for a service manager (service_manager.h) to the supervisor, on a
 * socket of its own; the supervisor sends one for all to the service manager. When the supervisor
 * ends, for any reason, that socket is closed: so no worker outlives it.
 */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include <stdint.h>

#include "base/attr.h"
#include "supervisor/supervisor_settings.h"
#include "supervisor/worker.h"

/* How long a worker's loop may be silent. */
int64_t supervisor_hang_ms(void);

/*
 * Returns twice, as fork() does: in the supervisor once all workers have ended, with
 * the exit code and role->number 0; and in each worker as it starts, with its role.
 */
int supervisor_run(const struct supervisor_settings *settings, struct worker_role *role) MUST_CHECK;

#endif
