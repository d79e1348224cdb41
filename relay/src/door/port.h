/*
 * The port: the listening sockets of a relay.
 *
 * The supervisor opens them and keeps them open, and each of its workers accepts from its own
 * share of them. So a connection that waits to be accepted outlives the worker that it waits
 * for, and so does the port: the worker that comes next accepts it, also one of another
 * program. (A socket that was each worker's own would take its waiting connections along:
 * the kernel resets them, unless net.ipv4.tcp_migrate_req is set, which only root can do.)
 */
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "door/listener.h"

#define PORT_SOCKETS_MAX 256
#define PORT_MAX 65535

struct port {
    int fds[PORT_SOCKETS_MAX]; /* -1: another worker's, and closed here */
    size_t count;
    bool is_lent;                         /* the service manager has opened them: see port_take */
    bool is_any;                          /* the kernel chose the number */
    char address[LISTENER_ADDRESS_BYTES]; /* with the number that was found */
};

/*
 * Opens so many sockets on "ADDR:PORT" or "[ADDR]:PORT", without listening. Bound exclusively
 * first, so that a second relay fails, which waits a moment for one that is just ending.
 * False: error says why, and what to do.
 */
bool port_open(struct port *port, const char *address, size_t count,
               char error[LISTENER_ERROR_BYTES]) MUST_CHECK;

/*
 * Takes over sockets that listen already: of the service manager, or of the program before.
 * More are opened on the same address until there are `count`; not beside those that the
 * service manager has lent, which many workers may share. False: the same.
 */
bool port_take(struct port *port, const int *fds, size_t taken, const char *address, bool is_lent,
               size_t count, char error[LISTENER_ERROR_BYTES]) MUST_CHECK;

/* In worker `number` of so many, from 1: closes the sockets of the others' share. */
void port_share(struct port *port, size_t number, size_t workers);

/*
 * A worker will be away for a while: clients that come meanwhile go to the others, until the
 * next listens. What waits to be accepted is reset. Not if that would lose the port.
 */
void port_rest(const struct port *port, size_t number, size_t workers);

void port_close(struct port *port);

/* For an address of "ADDR:PORT" alone, shared or not, for instance that of metrics. -1: error
 * says why. */
int port_open_one(const char *address, bool is_shared, char error[LISTENER_ERROR_BYTES]) MUST_CHECK;

/* The port that "ADDR:PORT" names; -1: it is no such address. */
int port_of_address(const char *address);

/* The number of the port; 0: the socket is of another kind. */
int port_number(int fd);

#endif
