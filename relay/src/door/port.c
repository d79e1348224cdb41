/* The port: how its sockets are opened, shared and handed on. */
#include "door/port.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TAKEN_MS 2000 /* so long a port may be taken before the relay gives it up */
#define TRY_AGAIN_MS 20
#define PORT_DIGITS 5

/* How a socket takes an address. False: errno says why not. */
typedef bool claimer(int fd, const struct addrinfo *info);

static bool set_option(int fd, int name, int value)
{
    return setsockopt(fd, SOL_SOCKET, name, &value, sizeof(value)) == 0;
}

/* ---- one socket ---- */

/* getaddrinfo() takes any number for a port, and leaves out what is beyond 16 bits. */
int port_of_address(const char *address)
{
    const char *colon = strrchr(address, ':');
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
    int number;

    if (digits < 1 || digits > PORT_DIGITS || colon[1 + digits])
        return -1;
    number = atoi(colon + 1);
    return number <= PORT_MAX ? number : -1;
}

/* Splits "ADDR:PORT"; brackets around an IPv6 address go away. */
static bool split_address(const char *address, char *host, size_t host_size, const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t length;

    if (port_of_address(address) < 0)
        return false;
    length = (size_t)(colon - address);
    if (length >= 2 && address[0] == '[' && address[length - 1] == ']') {
        address++;
        length -= 2;
    }
    if (length >= host_size)
        return false;
    memcpy(host, address, length);
    host[length] = '\0';
    *port = colon + 1;
    return true;
}

static bool bind_alone(int fd, const struct addrinfo *info)
{
    return bind(fd, info->ai_addr, info->ai_addrlen) == 0;
}

static bool bind_shared(int fd, const struct addrinfo *info)
{
    return set_option(fd, SO_REUSEPORT, 1) && bind_alone(fd, info);
}

/*
 * The workers of a relay that was killed end a moment after it, and hold the port until
 * then. A relay that is started at once must wait for them, and not fail.
 */
static bool bind_patiently(int fd, const struct addrinfo *info)
{
    for (int left_ms = TAKEN_MS; !bind_alone(fd, info); left_ms -= TRY_AGAIN_MS) {
        if (errno != EADDRINUSE || left_ms <= 0)
            return false;
        usleep(TRY_AGAIN_MS * 1000);
    }
    return true;
}

/*
 * Bind exclusively first, so that a second relay on the port fails; then allow our own
 * sockets to share it.
 */
static bool reserve(int fd, const struct addrinfo *info)
{
    return bind_patiently(fd, info) && set_option(fd, SO_REUSEADDR, 0) &&
           set_option(fd, SO_REUSEPORT, 1);
}

/* What was closed a minute ago must not keep a relay from starting. */
static int open_socket(const struct addrinfo *info, claimer *claim)
{
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

    if (fd < 0)
        return -1;
    set_option(fd, SO_REUSEADDR, 1);
    if (claim(fd, info))
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int open_address(const char *address, claimer *claim, char *error)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found;
    const char *port;
    char host[256];
    int fd, status;

    if (!split_address(address, host, sizeof(host), &port)) {
        snprintf(error, LISTENER_ERROR_BYTES,
                 "\"%.100s\" is not ADDR:PORT with a port from 0 to %d", address, PORT_MAX);
        return -1;
    }
    status = getaddrinfo(*host ? host : NULL, port, &hints, &found);
    if (status != 0) {
        snprintf(error, LISTENER_ERROR_BYTES, "cannot listen on %.100s: %s", address,
                 gai_strerror(status));
        return -1;
    }
    fd = open_socket(found, claim);
    if (fd < 0)
        snprintf(error, LISTENER_ERROR_BYTES, "cannot listen on %.100s: %s%s", address,
                 strerror(errno),
                 errno == EADDRINUSE ? "; stop what holds it, or choose another port with --listen"
                                     : "");
    freeaddrinfo(found);
    return fd;
}

int port_open_one(const char *address, bool is_shared, char error[LISTENER_ERROR_BYTES])
{
    return open_address(address, is_shared ? bind_shared : bind_alone, error);
}

int port_number(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    char port[NI_MAXSERV];

    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0 ||
        getnameinfo((struct sockaddr *)&address, length, NULL, 0, port, sizeof(port),
                    NI_NUMERICSERV) != 0)
        return 0;
    return atoi(port);
}

/* ---- all of them ---- */

/* "ADDR:PORT" as it was asked for, with the number that was found. */
static void note_address(struct port *port, const char *address)
{
    const char *colon = strrchr(address, ':');

    port->is_any = !port->is_lent && colon && atoi(colon + 1) == 0;
    snprintf(port->address, sizeof(port->address), "%.*s:%d", colon ? (int)(colon - address) : 0,
             address, port_number(port->fds[0]));
}

static bool open_more(struct port *port, size_t count, char *error)
{
    while (port->count < count && port->count < PORT_SOCKETS_MAX) {
        int fd = open_address(port->address, bind_shared, error);

        if (fd < 0) {
            port_close(port);
            return false;
        }
        port->fds[port->count++] = fd;
    }
    return true;
}

bool port_open(struct port *port, const char *address, size_t count,
               char error[LISTENER_ERROR_BYTES])
{
    *port = (struct port){0};
    port->fds[0] = open_address(address, reserve, error);
    if (port->fds[0] < 0)
        return false;
    port->count = 1;
    note_address(port, address);
    return open_more(port, count, error);
}

/* A stream of the Internet, or of this machine, that listens; others cannot be accepted from. */
static bool is_listening(int fd)
{
    int kind = 0, is_accepting = 0;
    socklen_t length = sizeof(int);

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &length) == 0 && kind == SOCK_STREAM &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_accepting, &length) == 0 && is_accepting;
}

static bool make_ours(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

bool port_take(struct port *port, const int *fds, size_t taken, const char *address, bool is_lent,
               size_t count, char error[LISTENER_ERROR_BYTES])
{
    *port = (struct port){.is_lent = is_lent};
    for (; port->count < taken && port->count < PORT_SOCKETS_MAX; port->count++) {
        int fd = fds[port->count];

        if (!make_ours(fd) || (is_lent && !is_listening(fd))) {
            snprintf(error, LISTENER_ERROR_BYTES,
                     "descriptor %d is no stream that listens: see ListenStream= and Accept=no in "
                     "the socket unit",
                     fd);
            return false;
        }
        port->fds[port->count] = fd;
    }
    note_address(port, address);
    return is_lent || open_more(port, count, error);
}

/* With fewer sockets than workers, several workers accept from each. */
static bool is_share_of(const struct port *port, size_t i, size_t number, size_t workers)
{
    return port->count < workers ? (number - 1) % port->count == i : i % workers == number - 1;
}

void port_share(struct port *port, size_t number, size_t workers)
{
    for (size_t i = 0; i < port->count; i++)
        if (!is_share_of(port, i, number, workers)) {
            close(port->fds[i]);
            port->fds[i] = -1;
        }
}

/*
 * After shutdown() the kernel does not choose the socket any more, and it stays bound; but a
 * number that the kernel itself has chosen is forgotten.
 */
void port_rest(const struct port *port, size_t number, size_t workers)
{
    if (port->is_lent || port->is_any || workers < 2)
        return;
    for (size_t i = 0; i < port->count; i++)
        if (is_share_of(port, i, number, workers))
            shutdown(port->fds[i], SHUT_RDWR);
}

void port_close(struct port *port)
{
    for (size_t i = 0; i < port->count; i++)
        if (port->fds[i] >= 0)
            close(port->fds[i]);
    port->count = 0;
}
