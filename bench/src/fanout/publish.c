/* The source: lines over TCP, POSTs, NOTIFY, INSERT. */
#include "publish.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker.h"
#include "clock.h"
#include "entry.h"
#include "../fail.h"
#include "viewers.h"

#define STATEMENT "publish"
#define NOTICE "SELECT pg_notify('%s', $1)"
#define CHANNEL_BYTES_MAX 64

static const struct options *options;
static int64_t next_seq[MATCHES_MAX];
static int turn; /* whose match it is */
static int fd = -1;
static PGconn *conn;
static bool is_busy;

static void open_socket(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    int one = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)options->publish_port);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        fail("cannot publish to port %d: %s", options->publish_port, strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    viewers_watch(fd);
}

static void must(PGresult *result)
{
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail("%s", PQerrorMessage(conn));
    PQclear(result);
}

/* The flusher's channel has a secret name: only a session that listens to it is told. */
static void find_channel(char name[CHANNEL_BYTES_MAX])
{
    PGresult *result;

    must(PQexec(conn, "SELECT commentary.listen()"));
    result = PQexec(conn, "SELECT pg_catalog.pg_listening_channels()");
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        fail("cannot find the channel of the relays: %s", PQerrorMessage(conn));
    snprintf(name, CHANNEL_BYTES_MAX, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    must(PQexec(conn, "UNLISTEN *"));
}

static void prepare_notice(void)
{
    char channel[CHANNEL_BYTES_MAX], statement[sizeof(NOTICE) + CHANNEL_BYTES_MAX];

    find_channel(channel);
    snprintf(statement, sizeof(statement), NOTICE, channel);
    must(PQexec(conn, "SET synchronous_commit = off"));
    must(PQprepare(conn, STATEMENT, statement, 0, NULL));
}

/* Without waiting for the disk where no entry is stored: only the NOTIFY is wanted. */
static void open_database(void)
{
    conn = PQconnectdb(options->database);
    if (PQstatus(conn) != CONNECTION_OK)
        fail("cannot publish: %s", PQerrorMessage(conn));
    if (options->publisher == PUBLISH_NOTIFY)
        prepare_notice();
    else
        must(PQprepare(conn, STATEMENT, options->insert, 0, NULL));
    viewers_watch(PQsocket(conn));
}

static void write_all(const char *bytes, size_t length)
{
    if (fd < 0)
        fail("the server closed the connection that publishes");
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

        if (sent < 0)
            fail("cannot publish: %s", strerror(errno));
        bytes += sent;
        length -= (size_t)sent;
    }
}

static void open_broker(void)
{
    char hello[BROKER_HELLO_MAX];

    open_socket();
    write_all(hello, broker_hello(options->protocol, false, hello));
}

void publish_open(const struct options *given)
{
    options = given;
    for (int i = 0; i < options->matches; i++)
        next_seq[i] = viewers_head(options->first_match + i) + 1;
    switch (options->publisher) {
    case PUBLISH_NOTHING:
    case PUBLISH_OTHER:
        break;
    case PUBLISH_TCP:
    case PUBLISH_HTTP:
        open_socket();
        break;
    case PUBLISH_BROKER:
        open_broker();
        break;
    case PUBLISH_NOTIFY:
    case PUBLISH_INSERT:
        open_database();
        break;
    }
}

bool publish_is_ready(void)
{
    return !is_busy;
}

/* ---- the ways ---- */

static void execute(int count, const char *const *values)
{
    if (!PQsendQueryPrepared(conn, STATEMENT, count, values, NULL, NULL, 0))
        fail("cannot publish: %s", PQerrorMessage(conn));
    is_busy = true;
}

static void publish_lines(int match, int64_t seq, int count, int64_t now_ns)
{
    char lines[BURST_MAX * ENTRY_BYTES_MAX];
    size_t length = 0;

    for (int i = 0; i < count; i++) {
        length += entry_make(lines + length, match, seq + i, now_ns);
        lines[length++] = '\n';
    }
    write_all(lines, length);
}

/* Pipelined: the next does not wait for the answer to the last. */
static void publish_posts(int match, int64_t seq, int count, int64_t now_ns)
{
    char posts[BURST_MAX * (ENTRY_BYTES_MAX + 256)], body[ENTRY_BYTES_MAX];
    size_t length = 0;

    for (int i = 0; i < count; i++) {
        size_t body_length = entry_make(body, match, seq + i, now_ns);

        length += (size_t)snprintf(posts + length, sizeof(posts) - length,
                                   "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                   "Content-Type: application/json\r\n"
                                   "Content-Length: %zu\r\n\r\n%s",
                                   options->publish_path, body_length, body);
    }
    write_all(posts, length);
}

static void publish_messages(int match, int64_t seq, int count, int64_t now_ns)
{
    char messages[BURST_MAX * (ENTRY_BYTES_MAX + BROKER_HEAD_MAX + 2)], body[ENTRY_BYTES_MAX];
    const char *tail = broker_tail(options->protocol);
    size_t length = 0;

    for (int i = 0; i < count; i++) {
        size_t body_length = entry_make(body, match, seq + i, now_ns);

        length += broker_put_head(options->protocol, body_length, messages + length);
        memcpy(messages + length, body, body_length);
        length += body_length;
        memcpy(messages + length, tail, strlen(tail));
        length += strlen(tail);
    }
    write_all(messages, length);
}

/* As the flusher packs it: a header, then a line for each entry. */
static void publish_notice(int match, int64_t seq, int count, int64_t now_ns)
{
    char payload[BURST_MAX * ENTRY_BYTES_MAX];
    const char *values[] = {payload};
    size_t length = (size_t)snprintf(payload, sizeof(payload), "1 %s %d %" PRId64 " %d",
                                     viewers_epoch(), match, seq, count);

    for (int i = 0; i < count; i++) {
        payload[length++] = '\n';
        length += entry_make(payload + length, match, seq + i, now_ns);
    }
    execute(1, values);
}

static void publish_row(int match, int64_t now_ns)
{
    char number[16], message[ENTRY_BYTES_MAX];
    const char *values[] = {number, message};

    snprintf(number, sizeof(number), "%d", match);
    entry_make_message(message, now_ns);
    execute(2, values);
}

int publish_entries(int count)
{
    int match = options->first_match + turn;
    int64_t seq = next_seq[turn], now_ns = clock_ns();

    next_seq[turn] += count;
    turn = (turn + 1) % options->matches;
    switch (options->publisher) {
    case PUBLISH_NOTHING:
    case PUBLISH_OTHER:
        break;
    case PUBLISH_BROKER:
        publish_messages(match, seq, count, now_ns);
        break;
    case PUBLISH_TCP:
        publish_lines(match, seq, count, now_ns);
        break;
    case PUBLISH_HTTP:
        publish_posts(match, seq, count, now_ns);
        break;
    case PUBLISH_NOTIFY:
        publish_notice(match, seq, count, now_ns);
        break;
    case PUBLISH_INSERT:
        publish_row(match, now_ns);
        break;
    }
    return match;
}

/* ---- answers ---- */

static void read_socket(void)
{
    char answer[16384];
    ssize_t got = recv(fd, answer, sizeof(answer), MSG_DONTWAIT);

    if (got == 0) { /* it may, when nothing more is published */
        close(fd);
        fd = -1;
        return;
    }
    if (got > 9 && memcmp(answer, "HTTP/1.1 ", 9) == 0 && answer[9] != '2')
        fail("the server refused an entry: %.40s", answer);
}

static void read_database(void)
{
    if (!PQconsumeInput(conn))
        fail("cannot publish: %s", PQerrorMessage(conn));
    while (is_busy && !PQisBusy(conn)) {
        PGresult *result = PQgetResult(conn);

        if (!result)
            is_busy = false;
        else if (PQresultStatus(result) != PGRES_COMMAND_OK &&
                 PQresultStatus(result) != PGRES_TUPLES_OK)
            fail("cannot publish: %s", PQresultErrorMessage(result));
        PQclear(result);
    }
}

void publish_on_readable(void)
{
    if (conn)
        read_database();
    else
        read_socket();
}
