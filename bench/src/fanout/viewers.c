/* The viewers: connect, shake hands, subscribe. */
#include "viewers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "clock.h"
#include "../fail.h"
#include "stream.h"
#include "viewer.h"

#define EVENTS 1024
#define SUBSCRIPTION_MAX 125 /* a frame with a short length */

static const struct options *options;
static struct viewer *viewers;
static int64_t *next_seqs; /* of all viewers */
static int opened, on_the_way;
static int audience[MATCHES_MAX];
static int epoll_fd;
static struct tally tally;

void viewers_init(const struct options *given)
{
    options = given;
    next_seqs = calloc((size_t)given->viewers * (size_t)given->matches, sizeof(*next_seqs));
    viewers = calloc((size_t)given->viewers, sizeof(*viewers));
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!viewers || !next_seqs || epoll_fd < 0)
        fail("out of memory or descriptors");
    for (int i = 0; i < given->viewers; i++)
        viewers[i].next = next_seqs + (size_t)i * (size_t)given->matches;
    viewers_hear_init(given, &tally);
    if (given->has_tls)
        wire_use_tls();
}

struct tally *viewers_tally(void)
{
    return &tally;
}

/* ---- connecting ---- */

void viewer_end(struct viewer *viewer)
{
    if (viewer->state == VIEWER_READY) {
        tally.ready--;
        tally.closed++;
    } else {
        on_the_way--;
        tally.failed++;
    }
    viewer->state = VIEWER_ENDED;
    wire_free(viewer->wire);
    viewer->wire = NULL;
    close(viewer->fd);
}

/* From many addresses, as viewers come; each has ports of its own. */
static void viewer_open(struct viewer *viewer, int index)
{
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = viewer};
    int one = 1;

    from.sin_addr.s_addr =
        htonl(INADDR_LOOPBACK - 1 + (uint32_t)(options->source + index % options->sources));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)options->port);
    viewer->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (viewer->fd < 0)
        fail("no socket for viewer %d: %s; raise ulimit -n", index, strerror(errno));
    setsockopt(viewer->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
    if (bind(viewer->fd, (struct sockaddr *)&from, sizeof(from)) != 0)
        fail("cannot connect from 127.0.0.%d: %s", options->source + index % options->sources,
             strerror(errno));
    viewer->began_ns = clock_ns();
    on_the_way++;
    if (connect(viewer->fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS) {
        viewer_end(viewer);
        return;
    }
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, viewer->fd, &event);
}

void viewer_come_back(struct viewer *viewer)
{
    tally.ready--;
    wire_free(viewer->wire);
    viewer->wire = NULL;
    close(viewer->fd);
    viewer->state = VIEWER_CONNECTING;
    viewer->subscribed = 0;
    viewer_open(viewer, (int)(viewer - viewers));
}

void viewers_connect_more(int limit)
{
    while (opened < options->viewers && opened < limit && on_the_way < options->connecting) {
        viewer_open(&viewers[opened], opened);
        opened++;
    }
}

void viewer_write(struct viewer *viewer, const char *bytes, size_t length)
{
    if (wire_send(viewer->wire, viewer->fd, bytes, length) != (ssize_t)length)
        viewer_end(viewer);
}

static void viewer_is_back(struct viewer *viewer, int64_t now_ns)
{
    struct moves *moves = &tally.moves;
    int64_t absence_ns = now_ns - viewer->told_ns;

    viewer->told_ns = 0;
    moves->count++;
    histogram_add(&moves->absences, absence_ns);
    if (absence_ns > moves->longest_ns)
        moves->longest_ns = absence_ns;
    moves->last_ns = now_ns;
    moves->last_cpu_ns = clock_cpu_ns();
}

void viewer_is_ready(struct viewer *viewer)
{
    int64_t now_ns = clock_ns();

    viewer->state = VIEWER_READY;
    on_the_way--;
    tally.ready++;
    if (viewer->told_ns)
        viewer_is_back(viewer, now_ns);
    else
        histogram_add(&tally.connects, now_ns - viewer->began_ns);
}

/* The subprotocol that a viewer asks for. */
static const char *subprotocol(void)
{
    switch (options->protocol) {
    case PROTOCOL_RELAY:
        return "Sec-WebSocket-Protocol: commentary.v1\r\n";
    case PROTOCOL_MQTT:
        return "Sec-WebSocket-Protocol: mqtt\r\n";
    default:
        return "";
    }
}

static void viewer_ask(struct viewer *viewer)
{
    char request[512];
    int length;

    if (options->protocol == PROTOCOL_LINES) {
        viewer->state = VIEWER_JOINING;
        return;
    }
    length = snprintf(request, sizeof(request),
                      "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                      "Sec-WebSocket-Version: 13\r\n%s\r\n",
                      options->path, options->port, subprotocol());
    viewer->state = VIEWER_SHAKING;
    viewer_write(viewer, request, (size_t)length);
}

/* Of TLS; it begins with what the viewer says. */
static void viewer_secure(struct viewer *viewer)
{
    int result = wire_shake(viewer->wire);

    if (result < 0)
        viewer_end(viewer);
    else if (result > 0)
        viewer_ask(viewer);
}

static void viewer_on_connected(struct viewer *viewer)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = viewer};

    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, viewer->fd, &event);
    viewer->wire = wire_new(viewer->fd);
    if (!viewer->wire) {
        viewer_ask(viewer);
        return;
    }
    viewer->state = VIEWER_SECURING;
    viewer_secure(viewer);
}

/* The match that it follows as its so-manieth, counted from the first of all. */
static int match_of(const struct viewer *viewer, int number)
{
    int64_t index = viewer - viewers;

    return (int)((index * options->follow + number) % options->matches);
}

static void viewer_greet_broker(struct viewer *viewer)
{
    char hello[BROKER_HELLO_MAX], frame[BROKER_HELLO_MAX + 6];
    size_t length = broker_hello(options->protocol, true, hello);

    viewer_write(viewer, frame, stream_put_frame(frame, STREAM_BINARY, hello, length));
}

/* With what it holds already, if it has been there before. Returns the length. */
static size_t viewer_put_subscription(const struct viewer *viewer, int match, char *out)
{
    int64_t next = viewer->next[match];
    char text[SUBSCRIPTION_MAX], since[SUBSCRIPTION_MAX - 40] = "";
    int length;

    if (next > 0)
        snprintf(since, sizeof(since), ",\"since\":{\"epoch\":\"%.32s\",\"seq\":%lld}",
                 viewers_epoch(), (long long)next - 1);
    length = snprintf(text, sizeof(text), "{\"type\":\"subscribe\",\"match\":%d%s}",
                      options->first_match + match, since);
    return stream_put_frame(out, STREAM_TEXT, text, (size_t)length);
}

void viewer_subscribe(struct viewer *viewer)
{
    char frames[FOLLOW_MAX * (SUBSCRIPTION_MAX + 6)];
    size_t length = 0;

    viewer->state = VIEWER_JOINING;
    if (options->protocol != PROTOCOL_RELAY) {
        viewer_greet_broker(viewer);
        return;
    }
    for (int i = 0; i < options->follow; i++)
        length += viewer_put_subscription(viewer, match_of(viewer, i), frames + length);
    viewer_write(viewer, frames, length);
}

/* ---- what happens to them ---- */

static void viewer_on_event(struct viewer *viewer, uint32_t events)
{
    if (viewer->state == VIEWER_ENDED)
        return;
    if (viewer->state == VIEWER_SECURING)
        viewer_secure(viewer);
    else if (viewer->state != VIEWER_CONNECTING)
        viewer_on_readable(viewer);
    else if (events & (EPOLLERR | EPOLLHUP))
        viewer_end(viewer);
    else
        viewer_on_connected(viewer);
}

void viewers_watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

bool viewers_turn(int64_t wait_ns)
{
    struct timespec wait = {wait_ns / 1000000000, wait_ns % 1000000000};
    struct epoll_event events[EVENTS];
    int count = epoll_pwait2(epoll_fd, events, EVENTS, &wait, NULL);
    bool is_other = false;

    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr)
            viewer_on_event(events[i].data.ptr, events[i].events);
        else
            is_other = true;
    }
    return is_other;
}

/* Spread among the others, and with no more buffer than they need to fall behind. */
static void viewer_slow_down(const struct viewer *viewer)
{
    int bytes = 4096;

    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, viewer->fd, NULL);
    setsockopt(viewer->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

void viewers_slow_down(void)
{
    for (int i = 0; i < options->viewers; i++) {
        if (viewers[i].state != VIEWER_READY)
            continue;
        if (i % 100 < options->slow_percent) {
            viewer_slow_down(&viewers[i]);
            continue;
        }
        for (int j = 0; j < options->follow; j++)
            audience[match_of(&viewers[i], j)]++;
    }
}

int viewers_audience(int match)
{
    return audience[match - options->first_match];
}

void viewers_end(void)
{
    const struct linger at_once = {1, 0};

    for (int i = 0; i < opened; i++) {
        if (viewers[i].state == VIEWER_ENDED)
            continue;
        setsockopt(viewers[i].fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        close(viewers[i].fd);
    }
}
