/*
 * send-loop: the limit. A server that does nothing but accept, LISTEN and send: each
 * notification's entries, a line each, to every connection, one send() after the other.
 *
 * Plain, it sends each entry by itself. With --coalesce it sends everything that has
 * come in this turn of the loop at once. What a connection cannot take at once ends
 * it: there is no more to a bare loop.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fail.h"

#define CLIENTS_MAX 100000
#define NEWS_BYTES ((size_t)1024 * 1024)
#define EVENTS 512
#define BACKLOG 4096
#define RELAYS_CHANNEL "commentary"

static int clients[CLIENTS_MAX]; /* dense */
static int client_count;
static int place_of[CLIENTS_MAX]; /* by descriptor; -1: ended in this turn */
static char news[NEWS_BYTES];
static size_t news_length;
static bool is_coalescing;
static int epoll_fd, listen_fd;
static PGconn *conn;

static void watch(int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        fail("epoll: %s", strerror(errno));
}

/* ---- connections ---- */

static void client_end(int fd)
{
    int place = place_of[fd];

    if (place < 0)
        return;
    place_of[fd] = -1;
    clients[place] = clients[--client_count];
    if (place < client_count)
        place_of[clients[place]] = place;
    close(fd);
}

static void client_send(int fd, const char *bytes, size_t length)
{
    if (send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)length)
        client_end(fd);
}

/* The greeting is an empty line: who has it will get everything from then on. */
static void accept_all(void)
{
    int one = 1, fd;

    while ((fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (fd >= CLIENTS_MAX)
            fail("too many connections");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        place_of[fd] = client_count;
        clients[client_count++] = fd;
        watch(fd, EPOLLIN | EPOLLRDHUP);
        client_send(fd, "\n", 1);
    }
}

static void send_to_all(const char *bytes, size_t length)
{
    for (int i = client_count; i-- > 0;)
        client_send(clients[i], bytes, length);
}

/* ---- entries ---- */

static void take_line(const char *line, size_t length)
{
    if (news_length + length + 1 > NEWS_BYTES)
        fail("too much in one turn");
    memcpy(news + news_length, line, length);
    news[news_length + length] = '\n';
    if (is_coalescing)
        news_length += length + 1;
    else
        send_to_all(news, length + 1);
}

/* An entry by itself, or the relay's format: a header, then a line for each entry. */
static void take_payload(const char *payload)
{
    const char *line = payload[0] == '{' ? payload : strchr(payload, '\n');

    while (line && *line) {
        size_t length;

        line += *line == '\n';
        length = strcspn(line, "\n");
        take_line(line, length);
        line += length;
    }
}

static void take_notifications(void)
{
    PGnotify *notify;

    if (!PQconsumeInput(conn))
        fail("%s", PQerrorMessage(conn));
    while ((notify = PQnotifies(conn))) {
        take_payload(notify->extra);
        PQfreemem(notify);
    }
}

static void turn(void)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll_fd, events, EVENTS, -1);

    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd;

        if (fd == listen_fd)
            accept_all();
        else if (fd == PQsocket(conn))
            take_notifications();
        else
            client_end(fd); /* nobody has anything to say to us */
    }
    if (news_length > 0)
        send_to_all(news, news_length);
    news_length = 0;
}

/* ---- starting ---- */

static void open_listener(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t length = sizeof(at);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listen_fd < 0 || bind(listen_fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
        listen(listen_fd, BACKLOG) != 0 ||
        getsockname(listen_fd, (struct sockaddr *)&at, &length) != 0)
        fail("cannot listen: %s", strerror(errno));
    watch(listen_fd, EPOLLIN);
    printf("port %d\n", ntohs(at.sin_port));
    fflush(stdout);
}

static void open_database(const char *channel)
{
    char command[256];
    PGresult *result;

    conn = PQconnectdb("");
    if (PQstatus(conn) != CONNECTION_OK)
        fail("%s", PQerrorMessage(conn));
    if (strcmp(channel, RELAYS_CHANNEL) == 0)
        strcpy(command, "SELECT commentary.listen()");
    else
        snprintf(command, sizeof(command), "LISTEN \"%.63s\"", channel);
    result = PQexec(conn, command);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail("%s", PQerrorMessage(conn));
    PQclear(result);
    watch(PQsocket(conn), EPOLLIN);
}

static void usage(FILE *out)
{
    fprintf(out, "usage: send-loop [--coalesce] CHANNEL\n"
                 "\n"
                 "LISTENs on CHANNEL (libpq's environment says where; commentary is the channel\n"
                 "of relays, by commentary.listen()), prints `port N`, and sends\n"
                 "each entry that is notified to all who connect to 127.0.0.1:N, a line each.\n"
                 "\n"
                 "  --coalesce   all entries of one turn of the loop in one send()\n");
}

int main(int argc, char **argv)
{
    struct rlimit limit;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        usage(stdout);
        return 0;
    }
    is_coalescing = argc == 3 && strcmp(argv[1], "--coalesce") == 0;
    if (argc != (is_coalescing ? 3 : 2)) {
        usage(stderr);
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    open_database(argv[argc - 1]);
    open_listener();
    for (;;)
        turn();
}
