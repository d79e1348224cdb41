/* The listening socket: at most ACCEPTS_A_TURN connections in one turn of the loop. */
#include "listener.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define ACCEPTS_A_TURN 64
#define BACKLOG 4096
#define UNSENT_BYTES (64 * 1024) /* one send: see VIEWER_SEND_BYTES */
#define PAUSE_MS 100             /* without a free descriptor, trying on would only spin */
#define COMPLAIN_EVERY_MS 10000

struct listener {
    struct event *readable;
    struct event *resume;
    listener_accept *on_accept;
    void *context;
    int fd;
    int64_t complained_ms;
};

static void listener_pause(struct listener *listener)
{
    const struct timeval pause = {0, PAUSE_MS * 1000};
    int64_t now_ms = clock_ms();

    event_del(listener->readable);
    event_add(listener->resume, &pause);
    if (listener->complained_ms && now_ms - listener->complained_ms < COMPLAIN_EVERY_MS)
        return;
    listener->complained_ms = now_ms;
    log_warn("cannot accept more connections for now", LOG_TEXT("error", strerror(errno)),
             LOG_TEXT("hint", "raise the limit of open files (ulimit -n)"));
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct listener *listener = context;

    (void)what;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        int peer = accept4((int)fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (peer < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                listener_pause(listener);
            return;
        }
        listener->on_accept(peer, listener->context);
    }
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
    struct listener *listener = context;

    (void)fd;
    (void)what;
    event_add(listener->readable, NULL);
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
    int one = 1, unsent_bytes = UNSENT_BYTES;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes, sizeof(unsent_bytes));
}

static int open_socket(const struct addrinfo *info)
{
    int fd;

    fd = socket(info->ai_family, info->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    set_options(fd);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

static int open_address(const char *address, char *error)
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
    fd = open_socket(found);
    if (fd < 0)
        snprintf(error, LISTENER_ERROR_BYTES, "cannot listen on %.100s: %s%s", address,
                 strerror(errno),
                 errno == EADDRINUSE ? "; stop what holds it, or choose another port with --listen"
                                     : "");
    freeaddrinfo(found);
    return fd;
}

struct listener *listener_new(struct event_base *base, const char *address,
                              listener_accept *on_accept, void *context,
                              char error[LISTENER_ERROR_BYTES])
{
    struct listener *listener;
    int fd = open_address(address, error);

    if (fd < 0)
        return NULL;
    listener = calloc(1, sizeof(*listener));
    if (listener) {
        *listener = (struct listener){.on_accept = on_accept, .context = context, .fd = fd};
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

int listener_port(const struct listener *listener)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    char port[NI_MAXSERV];

    if (getsockname(listener->fd, (struct sockaddr *)&address, &length) != 0 ||
        getnameinfo((struct sockaddr *)&address, length, NULL, 0, port, sizeof(port),
                    NI_NUMERICSERV) != 0)
        return 0;
    return atoi(port);
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
