/* What the files of the relay share: relay.c builds and runs it, ports.c has its ports. */
#ifndef RELAY_STATE_H
#define RELAY_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "door/port.h"
#include "hub/hub.h"
#include "net/local.h"
#include "supervisor/handover.h"
#include "supervisor/supervisor.h"

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
    char **argv;   /* a copy, with what is secret */
    char *program; /* the file that an upgrade runs */
    struct handover handover;
    bool has_handover; /* this program takes the place of another */
    struct port port;  /* in a worker: its share of it */
    int local_fd;      /* where the feeder listens for the workers; -1: there is none */
    char local_name[LOCAL_NAME_BYTES]; /* "": there is no feeder */
    bool is_feeder;
    bool is_follower; /* of another relay, or of the feeder */
    struct certificate *certificate;
    struct event_base *base;
    struct evloop *loop;
    struct auth *auth; /* NULL: everything is public */
    struct hub hub;
    struct source *source;
    struct server *server;
    struct listener *listeners[PORT_SOCKETS_MAX]; /* of the port's sockets; NULL: none */
    struct listener *metrics_listener;            /* NULL: /metrics is on the port of viewers */
    struct event *signals[3];
    struct supervisor_settings supervision;
    struct worker_role role;
    struct event *lifeline; /* of a worker: the supervisor is gone */
    int64_t tell_ms;        /* when the service manager is told the status again */
    bool is_listening;      /* for viewers, or has been */
    int64_t listen_by_ms;   /* a successor waits so long for its source before it listens */
    bool is_stopping;
    bool is_retiring;   /* another program is there to serve */
    int64_t stop_by_ms; /* the drain is over then … */
    int64_t grace_ms;   /* … and requests that are under way have so much more time */
    enum exit_code code;
};

#endif
