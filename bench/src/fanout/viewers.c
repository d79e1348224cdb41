/* The viewers: connect, shake hands, subscribe, receive, check. */
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

#include "clock.h"
#include "entry.h"
#include "../fail.h"
#include "stream.h"

#define EVENTS 1024
#define RECEIVE_BYTES ((size_t)256 * 1024)
#define REST_BYTES_MAX ((size_t)128 * 1024)

enum state {
    VIEWER_CONNECTING,
    VIEWER_SHAKING,
    VIEWER_JOINING,
    VIEWER_READY,
    VIEWER_ENDED
};

struct viewer {
    int fd;
    enum state state;
    int subscribed;
    int64_t began_ns;
    int64_t *next; /* seq, for each match */
    char *rest;    /* a part of a message */
    size_t rest_length;
};

static const struct options *options;
static struct viewer *viewers;
static int64_t *next_seqs; /* of all viewers */
static int opened, on_the_way;
static int audience[MATCHES_MAX];
static int epoll_fd;
static struct tally tally;
static char *received;
static int64_t heads[MATCHES_MAX];
static char epoch[65] = "bench";

void viewers_init(const struct options *given)
{
    options = given;
    next_seqs = calloc((size_t)given->viewers * (size_t)given->matches, sizeof(*next_seqs));
    viewers = calloc((size_t)given->viewers, sizeof(*viewers));
    received = malloc(REST_BYTES_MAX + RECEIVE_BYTES);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!viewers || !next_seqs || !received || epoll_fd < 0)
        fail("out of memory or descriptors");
    for (int i = 0; i < given->viewers; i++)
        viewers[i].next = next_seqs + (size_t)i * (size_t)given->matches;
}

struct tally *viewers_tally(void)
{
    return &tally;
}

int64_t viewers_head(int match)
{
    return heads[match - options->first_match];
}

const char *viewers_epoch(void)
{
    return epoch;
}

/* ---- connecting ---- */

static void viewer_end(struct viewer *viewer)
{
    if (viewer->state == VIEWER_READY) {
        tally.ready--;
        tally.closed++;
    } else {
        on_the_way--;
        tally.failed++;
    }
    viewer->state = VIEWER_ENDED;
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

void viewers_connect_more(int limit)
{
    while (opened < options->viewers && opened < limit && on_the_way < options->connecting) {
        viewer_open(&viewers[opened], opened);
        opened++;
    }
}

static void viewer_write(struct viewer *viewer, const char *bytes, size_t length)
{
    if (send(viewer->fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length)
        viewer_end(viewer);
}

static void viewer_is_ready(struct viewer *viewer)
{
    viewer->state = VIEWER_READY;
    on_the_way--;
    tally.ready++;
    histogram_add(&tally.connects, clock_ns() - viewer->began_ns);
}

static void viewer_on_connected(struct viewer *viewer)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = viewer};
    char request[512];
    int length;

    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, viewer->fd, &event);
    if (options->protocol == PROTOCOL_LINES) {
        viewer->state = VIEWER_JOINING;
        return;
    }
    length = snprintf(
        request, sizeof(request),
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n%s\r\n",
        options->path, options->port,
        options->protocol == PROTOCOL_RELAY ? "Sec-WebSocket-Protocol: commentary.v1\r\n" : "");
    viewer->state = VIEWER_SHAKING;
    viewer_write(viewer, request, (size_t)length);
}

/* The match that it follows as its so-manieth, counted from the first of all. */
static int match_of(const struct viewer *viewer, int number)
{
    int64_t index = viewer - viewers;

    return (int)((index * options->follow + number) % options->matches);
}

static void viewer_subscribe(struct viewer *viewer)
{
    char frames[FOLLOW_MAX * 64];
    size_t length = 0;

    viewer->state = VIEWER_JOINING;
    for (int i = 0; i < options->follow; i++) {
        char text[64];
        int bytes = snprintf(text, sizeof(text), "{\"type\":\"subscribe\",\"match\":%d}",
                             options->first_match + match_of(viewer, i));

        length += stream_put_frame(frames + length, STREAM_TEXT, text, (size_t)bytes);
    }
    viewer_write(viewer, frames, length);
}

/* ---- receiving ---- */

static void viewer_take_subscribed(struct viewer *viewer, const char *bytes, size_t length)
{
    int64_t match = entry_member(bytes, length, "\"match\":") - options->first_match;
    int64_t head = entry_member(bytes, length, "\"head\":");
    const char *found = memmem(bytes, length, "\"epoch\":\"", 9);

    if (match < 0 || match >= options->matches || head < 0 || !found)
        return;
    if (sscanf(found + 9, "%64[^\"]", epoch) != 1)
        return;
    heads[match] = head;
    viewer->next[match] = head + 1;
    if (++viewer->subscribed == options->follow)
        viewer_is_ready(viewer);
}

static void viewer_take_entry(struct viewer *viewer, const struct entry *entry, int64_t now_ns)
{
    int64_t *next = &viewer->next[entry->match - options->first_match];

    if (*next > 0 && entry->seq < *next) {
        tally.doubled++;
        return;
    }
    if (*next > 0)
        tally.lost += (uint64_t)(entry->seq - *next);
    *next = entry->seq + 1;
    if (!entry->is_whole) {
        tally.damaged++;
        return;
    }
    tally.delivered++;
    histogram_add(&tally.delays, now_ns - entry->stamp_ns);
}

static void viewer_take_text(struct viewer *viewer, const char *bytes, size_t length,
                             int64_t now_ns)
{
    static const char subscribed[] = "{\"type\":\"subscribed\"";
    struct entry entry;

    if (entry_read(&entry, bytes, length))
        viewer_take_entry(viewer, &entry, now_ns);
    else if (viewer->state == VIEWER_JOINING && options->protocol == PROTOCOL_LINES)
        viewer_is_ready(viewer);
    else if (viewer->state == VIEWER_JOINING && length >= sizeof(subscribed) &&
             memcmp(bytes, subscribed, sizeof(subscribed) - 1) == 0)
        viewer_take_subscribed(viewer, bytes, length);
}

static void viewer_take_shake(struct viewer *viewer, const char *bytes, size_t length)
{
    if (length < 12 || memcmp(bytes, "HTTP/1.1 101", 12) != 0)
        viewer_end(viewer);
    else if (options->protocol == PROTOCOL_RELAY)
        viewer_subscribe(viewer);
    else
        viewer_is_ready(viewer);
}

static void viewer_take(struct viewer *viewer, const struct stream_part *part, int64_t now_ns)
{
    char pong[STREAM_CONTROL_MAX];

    switch (part->kind) {
    case STREAM_SHAKE:
        viewer_take_shake(viewer, part->bytes, part->length);
        break;
    case STREAM_TEXT:
        viewer_take_text(viewer, part->bytes, part->length, now_ns);
        break;
    case STREAM_PING:
        viewer_write(viewer, pong, stream_put_frame(pong, STREAM_PONG, part->bytes, part->length));
        break;
    case STREAM_CLOSE:
        viewer_end(viewer);
        break;
    default:
        break;
    }
}

/* What is not whole yet is kept until more comes. */
static void viewer_keep(struct viewer *viewer, const char *bytes, size_t length)
{
    free(viewer->rest);
    viewer->rest = NULL;
    viewer->rest_length = length;
    if (length == 0)
        return;
    viewer->rest = length <= REST_BYTES_MAX ? malloc(length) : NULL;
    if (!viewer->rest)
        fail("a message of more than %zu bytes, or out of memory", REST_BYTES_MAX);
    memcpy(viewer->rest, bytes, length);
}

static void viewer_on_readable(struct viewer *viewer)
{
    size_t length = viewer->rest_length;
    struct stream_part part;
    const char *at = received;
    int64_t now_ns;
    ssize_t got;

    if (length > 0)
        memcpy(received, viewer->rest, length);
    got = recv(viewer->fd, received + length, RECEIVE_BYTES, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        viewer_end(viewer);
        return;
    }
    now_ns = clock_ns();
    length += (size_t)got;
    while (viewer->state != VIEWER_ENDED && length > 0) {
        bool is_shake = viewer->state == VIEWER_SHAKING;
        size_t taken = is_shake                              ? stream_shake(&part, at, length)
                       : options->protocol == PROTOCOL_LINES ? stream_line(&part, at, length)
                                                             : stream_frame(&part, at, length);

        if (taken == 0)
            break;
        viewer_take(viewer, &part, now_ns);
        at += taken;
        length -= taken;
    }
    viewer_keep(viewer, at, viewer->state == VIEWER_ENDED ? 0 : length);
}

static void viewer_on_event(struct viewer *viewer, uint32_t events)
{
    if (viewer->state == VIEWER_ENDED)
        return;
    if (viewer->state != VIEWER_CONNECTING)
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
