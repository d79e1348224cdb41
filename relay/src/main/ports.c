/* The ports: where their sockets come from, and who listens on them. */
#include "main/ports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/version.h"
#include "main/relay_state.h"
#include "supervisor/predecessors.h"
#include "ws/server.h"

#define LENT_FIRST 3 /* as sd_listen_fds(3) has it */

/* ---- in the supervisor ---- */

/* How many sockets the service manager lends to this very process; 0: none. */
static size_t count_lent(void)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    long lent = pid && count && strtol(pid, NULL, 10) == getpid() ? strtol(count, NULL, 10) : 0;

    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return lent < 0 ? 0 : lent > PORT_SOCKETS_MAX ? PORT_SOCKETS_MAX : (size_t)lent;
}

static bool take_lent(struct relay *relay, size_t count, char *error)
{
    int fds[PORT_SOCKETS_MAX];

    for (size_t i = 0; i < count; i++)
        fds[i] = LENT_FIRST + (int)i;
    log_info("the service manager has opened the port: --listen is not used",
             LOG_NUMBER("sockets", count));
    return port_take(&relay->port, fds, count, relay->config.listen, true, 0, error);
}

static bool is_where_it_was(const struct relay *relay)
{
    const struct handover *handover = &relay->handover;

    return handover->socket_count > 0 &&
           (handover->is_lent || strcmp(handover->listen, relay->config.listen) == 0);
}

/* The sockets of the old address are of no use, also to the program before: it makes way. */
static bool move_elsewhere(struct relay *relay, size_t workers, char *error)
{
    const struct handover *handover = &relay->handover;

    log_info("the relay moves to another address", LOG_TEXT("from", handover->listen),
             LOG_TEXT("to", relay->config.listen));
    for (size_t i = 0; i < handover->socket_count; i++)
        close(handover->sockets[i]);
    for (size_t i = 0; i < handover->process_count; i++)
        predecessors_tell(handover->processes[i].channel);
    return port_open(&relay->port, relay->config.listen, workers, error);
}

static bool open_local(struct relay *relay, char *error)
{
    relay->local_fd = -1;
    if (!config_has_feeder(&relay->config))
        return true;
    relay->local_fd = local_open(relay->local_name);
    if (relay->local_fd < 0)
        snprintf(error, LISTENER_ERROR_BYTES, "cannot open the socket of the feeder: %s",
                 strerror(errno));
    return relay->local_fd >= 0;
}

static bool open_port(struct relay *relay, char *error)
{
    const struct handover *handover = &relay->handover;
    size_t workers = (size_t)relay->config.workers, lent = count_lent();

    relay->has_handover = handover_take(&relay->handover);
    if (relay->has_handover && is_where_it_was(relay))
        return port_take(&relay->port, handover->sockets, handover->socket_count,
                         relay->config.listen, handover->is_lent, workers, error);
    if (relay->has_handover)
        return move_elsewhere(relay, workers, error);
    if (lent > 0)
        return take_lent(relay, lent, error);
    return port_open(&relay->port, relay->config.listen, workers, error);
}

bool ports_open(struct relay *relay, char error[LISTENER_ERROR_BYTES])
{
    return open_local(relay, error) && open_port(relay, error);
}

/* The feeder's stays: the workers may need it until the end. */
void ports_close(void *context)
{
    struct relay *relay = context;

    port_close(&relay->port);
}

void ports_rest(void *context, int number)
{
    const struct relay *relay = context;

    if (number > relay->config.workers)
        return; /* the feeder */
    port_rest(&relay->port, (size_t)number, (size_t)relay->config.workers);
}

bool ports_hand_over(void *context, struct handover *handover)
{
    const struct relay *relay = context;

    handover->is_lent = relay->port.is_lent;
    snprintf(handover->listen, sizeof(handover->listen), "%s", relay->config.listen);
    for (size_t i = 0; i < relay->port.count; i++)
        if (!handover_add_socket(handover, relay->port.fds[i]))
            return false;
    return true;
}

/* ---- in a worker ---- */

void ports_share(struct relay *relay)
{
    if (relay->is_feeder) {
        port_close(&relay->port);
        return;
    }
    if (relay->local_fd >= 0)
        close(relay->local_fd);
    relay->local_fd = -1;
    port_share(&relay->port, (size_t)relay->role.number, (size_t)relay->config.workers);
}

static struct listener *open_one(struct relay *relay, int fd, const char *address,
                                 const struct listener_ops *ops, const char *what)
{
    char error[LISTENER_ERROR_BYTES];
    int number = port_number(fd);
    struct listener *listener = listener_new(relay->base, fd, ops, relay->server, error);

    if (listener)
        log_info(what, LOG_TEXT("address", address), LOG_NUMBER("port", number));
    else
        fprintf(stderr, RELAY_NAME ": %s\n", error);
    return listener;
}

static bool listen_for_workers(struct relay *relay)
{
    char error[LISTENER_ERROR_BYTES];

    relay->listeners[0] = listener_new(relay->base, relay->local_fd, &server_local_listener_ops,
                                       relay->server, error);
    relay->local_fd = -1;
    if (!relay->listeners[0])
        fprintf(stderr, RELAY_NAME ": %s\n", error);
    return relay->listeners[0] != NULL;
}

bool ports_listen(struct relay *relay)
{
    struct port *port = &relay->port;

    relay->is_listening = true;
    if (relay->is_feeder)
        return listen_for_workers(relay);
    for (size_t i = 0; i < port->count; i++) {
        int fd = port->fds[i];

        if (fd < 0)
            continue;
        port->fds[i] = -1; /* the listener's from now on */
        relay->listeners[i] = open_one(relay, fd, port->address, &server_listener_ops, "listening");
        if (!relay->listeners[i])
            return false;
    }
    return true;
}

/* Each worker has metrics on a port of its own: the first on the one that was asked for. */
static void set_metrics_address(const struct relay *relay, char address[LISTENER_ADDRESS_BYTES])
{
    char *colon;
    int number;

    snprintf(address, LISTENER_ADDRESS_BYTES, "%s", relay->config.metrics_listen);
    colon = strrchr(address, ':');
    number = colon ? atoi(colon + 1) : 0;
    if (number > 0 && relay->role.number > 1)
        snprintf(colon + 1, (size_t)(address + LISTENER_ADDRESS_BYTES - colon - 1), "%d",
                 number + relay->role.number - 1);
}

/* Shared, so that the program that takes the place of this one has the same port. */
bool ports_listen_for_metrics(struct relay *relay)
{
    char address[LISTENER_ADDRESS_BYTES], error[LISTENER_ERROR_BYTES];
    int fd;

    if (!*relay->config.metrics_listen)
        return true;
    set_metrics_address(relay, address);
    fd = port_open_one(address, true, error);
    if (fd < 0) {
        fprintf(stderr, RELAY_NAME ": %s\n", error);
        return false;
    }
    relay->metrics_listener =
        open_one(relay, fd, address, &server_metrics_listener_ops, "listening for metrics");
    return relay->metrics_listener != NULL;
}

void ports_close_listeners(struct relay *relay)
{
    for (size_t i = 0; i < PORT_SOCKETS_MAX; i++) {
        if (relay->listeners[i])
            listener_free(relay->listeners[i]);
        relay->listeners[i] = NULL;
    }
    port_close(&relay->port);
}

void ports_close_metrics(struct relay *relay)
{
    if (relay->metrics_listener)
        listener_free(relay->metrics_listener);
    relay->metrics_listener = NULL;
}
