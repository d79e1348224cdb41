/*
 * The relay: one process, one thread, one loop, and all its parts. A turn of the loop waits,
 * dispatches what came in, and then sends out everything that is new.
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "config/config.h"
#include "hub/hub.h"
#include "main/supervisor.h"

struct auth;
struct certificate;
struct event;
struct event_base;
struct evloop;
struct source;
struct listener;
struct server;

enum exit_code {
    EXIT_STOPPED = 0,
    EXIT_RESOURCES = 1,
    EXIT_OPTION = 2,
    EXIT_LISTEN = 3,
    EXIT_REFUSED = 4,
};

struct relay {
    struct config config;
    int argc;
    char **argv;        /* a copy, with what is secret */
    const char *listen; /* as the option says; for workers with the port that was found */
    struct certificate *certificate;
    struct event_base *base;
    struct evloop *loop;
    struct auth *auth; /* NULL: everything is public */
    struct hub hub;
    struct source *source;
    struct server *server;
    struct listener *listener;
    struct listener *metrics_listener; /* NULL: /metrics is on the port of viewers */
    struct event *signals[3];
    struct supervisor_settings supervision;
    struct worker_role role;
    struct event *lifeline; /* of a worker: the supervisor is gone */
    int64_t tell_ms;        /* when the service manager is told the status again */
    bool is_stopping;
    int64_t stop_by_ms;
    enum exit_code code;
};

/* From its options, certificate and keys. False: memory or descriptors ran out. */
bool relay_build(struct relay *relay) MUST_CHECK;

/* Opens the ports. False: it cannot, and has said why. */
bool relay_listen(struct relay *relay) MUST_CHECK;

/* Until it is stopped, and all viewers are gone or the drain is over; relay->code says why. */
void relay_run(struct relay *relay);

/* Reads all options and files again, of the relay or of a supervisor, which is not built. */
void relay_reload(void *relay);

/* Whatever of it has been built. */
void relay_free(struct relay *relay);

#endif
