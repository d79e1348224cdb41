/* The listener: at most ACCEPTS_A_TURN connections in one turn of the loop. */
#include "door/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/util.h>
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

static rlim_t find_peers_end(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < SPARE_FILES)
        return RLIM_INFINITY;
    return limit.rlim_cur - SPARE_FILES;
}

static bool set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

/*
 * Accepted sockets inherit these options. An entry is small and urgent: do not wait for more
 * (Nagle). The kernel must not buffer megabytes for a viewer that does not read. Connections that
 * were closed a minute ago must not keep the next relay from binding the port; a listening socket
 * still shares it with no other relay.
 *
 * The first request is answered at once, and the answer carries its acknowledgement: the
 * kernel would send one of its own before it, a packet more for each connection. To listen
 * resets this, so it comes after it.
 */
static bool begin_to_listen(int fd)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES);
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (listen(fd, BACKLOG) != 0)
        return false;
    set_option(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
    return true;
}

struct listener *listener_new(struct event_base *base, int fd, const struct listener_ops *ops,
                              void *context, char error[LISTENER_ERROR_BYTES])
{
    struct listener *listener = calloc(1, sizeof(*listener));

    if (!listener) {
        snprintf(error, LISTENER_ERROR_BYTES, "out of memory");
        close(fd);
        return NULL;
    }
    *listener =
        (struct listener){.ops = ops, .context = context, .fd = fd, .peers_end = find_peers_end()};
    listener->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, listener);
    listener->resume = event_new(base, -1, 0, on_resume, listener);
    if (listener->readable && listener->resume && begin_to_listen(fd) &&
        event_add(listener->readable, NULL) == 0)
        return listener;
    snprintf(error, LISTENER_ERROR_BYTES, "cannot listen: %s", strerror(errno));
    listener_free(listener);
    return NULL;
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
