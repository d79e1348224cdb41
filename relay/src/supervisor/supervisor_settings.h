/* What a supervisor is told when it begins: for supervisor.h and for the files of the supervisor.
 */
#ifndef SUPERVISOR_SETTINGS_H
#define SUPERVISOR_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "supervisor/handover.h"
#include "supervisor/upgrade.h"

struct supervisor_settings {
    int workers;
    int64_t drain_ms; /* how long a worker may take to end */
    /* A worker that ends with such a code would do so again: all end, with that code. */
    bool (*is_final)(int code, bool was_ready);
    /* At SIGHUP, before the workers hear of it: what a new one starts with is read again. */
    void (*reload)(void *context);
    /* All are to end: the port is closed. */
    void (*stop)(void *context);
    /* This worker does not start again for a while. */
    void (*rest)(void *context, int number);
    /* What belongs to the relay and is handed over: its sockets, and the option --listen. */
    bool (*hand_over)(void *context, struct handover *handover);
    void *context;
    struct upgrade_settings upgrade;
    const struct handover *taken; /* from the program before; NULL: there was none */
};

#endif
