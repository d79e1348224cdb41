/* What the files of the supervisor share. */
#ifndef SUPERVISOR_STATE_H
#define SUPERVISOR_STATE_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "supervisor/predecessors.h"
#include "supervisor/supervisor_settings.h"
#include "supervisor/upgrade.h"
#include "supervisor/worker.h"

#define GRACE_MS 5000 /* beyond the drain, until a worker is killed */

struct supervisor {
    const struct supervisor_settings *settings;
    struct worker *workers;
    struct predecessors predecessors;
    struct pollfd *polled; /* the signals, each worker's channel, each predecessor's */
    struct upgrade upgrade;
    int signals;
    sigset_t signals_before;
    bool is_stopping;
    bool is_told_to_stop; /* and no other program takes over any more */
    int64_t kill_ms;      /* when the workers that are left are killed */
    int code;
};

/* ---- supervisor.c ---- */

/* How many of the workers run; or listen. */
int supervisor_count(const struct supervisor *supervisor, bool is_ready);

void supervisor_tell_status(const struct supervisor *supervisor);

/* All are to end; the second time at once. */
void supervisor_stop(struct supervisor *supervisor);

/* ---- supervisor_reap.c ---- */

/* Has the program before anything left that could serve, if this one fails? */
bool supervisor_is_replaceable(const struct supervisor *supervisor) MUST_CHECK;

/* Takes note of all children that have ended. */
void supervisor_reap(struct supervisor *supervisor);

#endif
