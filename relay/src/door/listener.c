/* The listening socket: at most ACCEPTS_A_TURN connections in one turn of the loop. */
#include "door/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/address.h"

#define ACCEPTS_A_TURN 64
#define BACKLOG 4096
#define UNSENT_BYTES (64 * 1024) /* one send: see VIEWER_SEND_BYTES */
#define PAUSE_MS 100             /* without a free descriptor, trying on would only spin */
#define COMPLAIN_EVERY_MS 10000
#define TAKEN_MS 2000 /* so long a port may be taken before the relay gives it up */
#define TRY_AGAIN_MS 20
/* Descriptors that are not for peers: a database that is back has to be connected to. */
#define SPARE_FILES 16

struct listener {
    struct event *readable;
    struct event *resume;
    const struct listener_ops *ops;
    void *context;
    int fd;
    rlim_t peers_end; /* the first descriptor that is spared */
    int64_t complained_ms;
};

static void listener_pause(struct listener *listener, int error)
{
    const struct timeval pause = {0, PAUSE_MS * 1000};
    int64_t now_ms = clock_ms();

    event_del(listener->readable);
    event_add(listener->resume, &pause);
    if (listener->complained_ms && now_ms - listener->complained_ms < COMPLAIN_EVERY_MS)
        return;
    listener->complained_ms = now_ms;
    log_warn("cannot accept more connections for now", LOG_TEXT("error", strerror(error)),
             LOG_TEXT("hint", "raise the limit of open files (ulimit -n)"));
}

static void listener_take(const struct listener *listener, int peer,
                          const struct sockaddr_storage *from)
{
    struct in6_addr address;
    bool is_known = address_of_socket(from, &address);

    listener->ops->accept(peer, is_known ? &address : NULL, listener->context);
}

/* Connections that are closed to make room free their descriptors after this turn. */
static void listener_is_full(struct listener *listener, int error)
{
    if (!listener->ops->make_room(listener->context))
        listener_pause(listener, error);
}

/* False: no more can be accepted in this turn. */
static bool listener_accept(struct listener *listener, int fd)
{
    struct sockaddr_storage from = {0};
    socklen_t length = sizeof(from);
    int peer = accept4(fd, (struct sockaddr *)&from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (peer < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            listener_is_full(listener, errno);
        return false;
    }
    if ((rlim_t)peer < listener->peers_end) {
        listener_take(listener, peer, &from);
        return true;
    }
    /* The kernel gives the lowest: all below are in use. */
    if (listener->ops->make_room(listener->context)) {
        listener_take(listener, peer, &from);
    } else {
        close(peer);
        listener_pause(listener, EMFILE);
    }
    return false;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    (void)what;
    for (int i = 0; i < ACCEPTS_A_TURN; i++)
        if (!listener_accept(context, (int)fd))
            return;
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
    struct listener *listener = context;

    (void)fd;
    (void)what;
    event_add(listener->readable, NULL);
}

/* How a socket takes an address. False: errno says why not. */
typedef bool claimer(int fd, const struct addrinfo *info);

static bool set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

/* Splits "ADDR:PORT"; brackets around an IPv6 address go away. */
static bool split_address(const char *address, char *host, size_t host_size, const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t length;

    if (!colon || !colon[1])
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

/*
 * What is accepted inherits this. An entry is small and urgent: do not wait for more
 * (Nagle). And the kernel is not to take megabytes for a viewer that does not read.
 */
static void set_options(int fd)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES);
}

/*
 * The first request is answered at once, and the answer carries its acknowledgement: the
 * kernel would send one of its own before it, a packet more for each connection. To listen
 * resets this, so it comes after it.
 */
static bool begin_to_listen(int fd)
{
    if (listen(fd, BACKLOG) != 0)
        return false;
    set_option(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
    return true;
}

static bool listen_alone(int fd, const struct addrinfo *info)
{
    set_options(fd);
    return bind(fd, info->ai_addr, info->ai_addrlen) == 0 && begin_to_listen(fd);
}

static bool listen_shared(int fd, const struct addrinfo *info)
{
    set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    return listen_alone(fd, info);
}

/*
 * The workers of a relay that was killed end a moment after it, and hold the port until
 * then. A relay that is started at once must wait for them, and not fail.
 */
static bool bind_patiently(int fd, const struct addrinfo *info)
{
    for (int left_ms = TAKEN_MS; bind(fd, info->ai_addr, info->ai_addrlen) != 0;
         left_ms -= TRY_AGAIN_MS) {
        if (errno != EADDRINUSE || left_ms <= 0)
            return false;
        usleep(TRY_AGAIN_MS * 1000);
    }
    return true;
}

/*
 * Bind exclusively first, so that a second relay on the port fails; then allow our own
 * workers to share it.
 */
static bool reserve(int fd, const struct addrinfo *info)
{
    return bind_patiently(fd, info) && set_option(fd, SOL_SOCKET, SO_REUSEADDR, 0) &&
           set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

/* What was closed a minute ago must not keep a relay from starting. */
static int open_socket(const struct addrinfo *info, claimer *claim)
{
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

    if (fd < 0)
        return -1;
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
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
        snprintf(error, LISTENER_ERROR_BYTES, "\"%.100s\" is not ADDR:PORT", address);
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

static rlim_t find_peers_end(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < SPARE_FILES)
        return RLIM_INFINITY;
    return limit.rlim_cur - SPARE_FILES;
}

struct listener *listener_new(struct event_base *base, const char *address, bool is_shared,
                              const struct listener_ops *ops, void *context,
                              char error[LISTENER_ERROR_BYTES])
{
    struct listener *listener;
    int fd = open_address(address, is_shared ? listen_shared : listen_alone, error);

    if (fd < 0)
        return NULL;
    listener = calloc(1, sizeof(*listener));
    if (listener) {
        *listener = (struct listener){
            .ops = ops, .context = context, .fd = fd, .peers_end = find_peers_end()};
        listener->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, listener);
        listener->resume = event_new(base, -1, 0, on_resume, listener);
        if (listener->readable && listener->resume && event_add(listener->readable, NULL) == 0)
            return listener;
        listener_free(listener);
    } else {
        close(fd);
    }
    snprintf(error, LISTENER_ERROR_BYTES, "out of memory");
    return NULL;
}

static int port_of(int fd)
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

int listener_reserve(const char *address, char taken[LISTENER_ADDRESS_BYTES],
                     char error[LISTENER_ERROR_BYTES])
{
    int fd = open_address(address, reserve, error);

    if (fd >= 0)
        snprintf(taken, LISTENER_ADDRESS_BYTES, "%.*s:%d", (int)(strrchr(address, ':') - address),
                 address, port_of(fd));
    return fd;
}

int listener_port(const struct listener *listener)
{
    return port_of(listener->fd);
}

void listener_free(struct listener *listener)
{
    if (listener->readable)
        event_free(listener->readable);
    if (listener->resume)
        event_free(listener->resume);
    close(listener->fd);
    free(listener);
}
