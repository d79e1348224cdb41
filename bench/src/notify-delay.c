/*
 * notify-delay: how long from an INSERT to its notification.
 *
 * One loop posts at a given rate and listens. Each message carries the time at which
 * it was due; a notification that quotes it, in whatever payload, is taken as its
 * arrival. Due, and not sent: a server that falls behind must not look faster for
 * being asked less. With rate 0 it only listens and counts, until it is stopped.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libpq-fe.h>

#include "fail.h"

#define MAX_WRITERS 100
#define MAX_CHANNELS 8
#define MAX_RATE 100000
#define MAX_SECONDS 3600
#define MAX_DELAYS ((size_t)MAX_RATE * 60)
#define STATEMENT "post"
#define RELAYS_CHANNEL "commentary"
#define STAMP "stamp="
#define LAST_WAIT_US (10 * 1000000LL)

struct options {
    const char *database;
    const char *insert;
    const char *channels[MAX_CHANNELS];
    int num_channels;
    int rate;
    int seconds;
    int warm_up_seconds;
    int writers;
};

struct writer {
    PGconn *conn;
    bool is_busy;
};

static struct options options = {
    .database = "", .rate = 500, .seconds = 6, .warm_up_seconds = 1, .writers = 20};
static struct writer writers[MAX_WRITERS];
static PGconn *listener;
static volatile sig_atomic_t is_stopped;

static int64_t began_us;
static uint64_t num_sent, num_acknowledged, num_errors, num_received, num_notifications;
static uint32_t *delays_us;
static size_t num_delays;

static void parse_options(int argc, char **argv);
static void open_connections(void);
static void run_until(int64_t end_us);
static int64_t send_what_is_due(int64_t due_us);
static void wait_for_input(int64_t until_us);
static void read_answers(struct writer *writer);
static void read_notifications(void);
static void read_stamps(const char *payload);
static void report(void);

/* Also the server's clock could be taken, were it not that its time to get there counts. */
static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void on_signal(int number)
{
    (void)number;
    is_stopped = 1;
}

int main(int argc, char **argv)
{
    parse_options(argc, argv);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    signal(SIGPIPE, SIG_IGN);
    delays_us = malloc(MAX_DELAYS * sizeof(*delays_us));
    if (delays_us == NULL)
        fail("out of memory");
    open_connections();
    began_us = now_us();
    run_until(options.rate > 0 ? began_us + options.seconds * 1000000LL : INT64_MAX);
    report();
    return num_errors > 0 || num_received < num_acknowledged;
}

static void usage(FILE *out)
{
    fprintf(out,
            "usage: notify-delay --channel NAME --insert SQL [OPTION]...\n"
            "\n"
            "  --database CONNINFO   default: libpq's environment\n"
            "  --channel NAME        to LISTEN on; may be given several times; commentary is\n"
            "                        the channel of relays, by commentary.listen()\n"
            "  --insert SQL          $1 is the message, which must be in the payload\n"
            "  --rate N              messages per second, at random intervals; default 500,\n"
            "                        0 only listens, until it gets SIGTERM\n"
            "  --seconds N           how long; default 6\n"
            "  --warm-up N           seconds at the beginning that do not count; default 1\n"
            "  --writers N           connections that insert; default 20\n"
            "\n"
            "Prints a line for each figure; exits with 1 when anything failed or is missing.\n");
}

static int number_of(const char *name, const char *text, int min, int max)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < min || value > max)
        fail("--%s is a number from %d to %d, not \"%s\"", name, min, max, text);
    return (int)value;
}

static void add_channel(const char *name)
{
    if (options.num_channels == MAX_CHANNELS)
        fail("at most %d channels", MAX_CHANNELS);
    options.channels[options.num_channels++] = name;
}

static void parse_options(int argc, char **argv)
{
    static const struct option known[] = {{"database", required_argument, NULL, 'd'},
                                          {"channel", required_argument, NULL, 'c'},
                                          {"insert", required_argument, NULL, 'i'},
                                          {"rate", required_argument, NULL, 'r'},
                                          {"seconds", required_argument, NULL, 's'},
                                          {"warm-up", required_argument, NULL, 'u'},
                                          {"writers", required_argument, NULL, 'w'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int letter;

    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (letter) {
        case 'd':
            options.database = optarg;
            break;
        case 'c':
            add_channel(optarg);
            break;
        case 'i':
            options.insert = optarg;
            break;
        case 'r':
            options.rate = number_of("rate", optarg, 0, MAX_RATE);
            break;
        case 's':
            options.seconds = number_of("seconds", optarg, 1, MAX_SECONDS);
            break;
        case 'u':
            options.warm_up_seconds = number_of("warm-up", optarg, 0, MAX_SECONDS);
            break;
        case 'w':
            options.writers = number_of("writers", optarg, 1, MAX_WRITERS);
            break;
        case 'h':
            usage(stdout);
            exit(0);
        default:
            usage(stderr);
            exit(2);
        }
    }
    if (optind < argc || options.num_channels == 0 ||
        (options.rate > 0 && options.insert == NULL)) {
        usage(stderr);
        exit(2);
    }
}

static PGconn *open_connection(void)
{
    PGconn *conn = PQconnectdb(options.database);

    if (PQstatus(conn) != CONNECTION_OK)
        fail("cannot connect: %s", PQerrorMessage(conn));
    return conn;
}

/* For what the tool cannot do without. Frees the result. */
static void must(PGconn *conn, PGresult *result)
{
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail("%s", PQerrorMessage(conn));
    PQclear(result);
}

static void listen_on(const char *channel)
{
    char *name = PQescapeIdentifier(listener, channel, strlen(channel));
    char command[256];

    if (strcmp(channel, RELAYS_CHANNEL) == 0)
        strcpy(command, "SELECT commentary.listen()");
    else if (name == NULL ||
             snprintf(command, sizeof(command), "LISTEN %s", name) >= (int)sizeof(command))
        fail("not a channel: %s", channel);
    must(listener, PQexec(listener, command));
    PQfreemem(name);
}

static void open_connections(void)
{
    listener = open_connection();
    for (int i = 0; i < options.num_channels; i++)
        listen_on(options.channels[i]);
    if (options.rate == 0)
        options.writers = 0;
    for (int i = 0; i < options.writers; i++) {
        writers[i].conn = open_connection();
        must(writers[i].conn, PQprepare(writers[i].conn, STATEMENT, options.insert, 1, NULL));
    }
}

/* Exponential intervals, the same in each run: writers do not know of each other. */
static int64_t next_interval_us(void)
{
    return (int64_t)(-log(1 - drand48()) * 1e6 / options.rate);
}

static bool is_all_received(void)
{
    return num_acknowledged + num_errors == num_sent && num_received >= num_acknowledged;
}

static void run_until(int64_t end_us)
{
    int64_t due_us = options.rate > 0 ? began_us : INT64_MAX;

    while (!is_stopped && now_us() < end_us) {
        due_us = send_what_is_due(due_us);
        wait_for_input(due_us < end_us ? due_us : end_us);
    }
    if (options.rate == 0)
        return;
    end_us = now_us() + LAST_WAIT_US;
    while (!is_stopped && !is_all_received() && now_us() < end_us)
        wait_for_input(end_us);
}

static struct writer *idle_writer(void)
{
    for (int i = 0; i < options.writers; i++)
        if (!writers[i].is_busy)
            return &writers[i];
    return NULL;
}

static void post(struct writer *writer, int64_t stamp_us)
{
    char message[256];
    const char *values[1] = {message};

    snprintf(message, sizeof(message),
             STAMP
             "%lld Number ten takes it on the turn, drifts past two defenders on the edge of "
             "the area, and drags a low shot just wide of the far post with the keeper beaten.",
             (long long)stamp_us);
    if (!PQsendQueryPrepared(writer->conn, STATEMENT, 1, values, NULL, NULL, 0))
        fail("cannot send: %s", PQerrorMessage(writer->conn));
    writer->is_busy = true;
    num_sent++;
}

/* Returns when the next one is due: in the past, when every writer is busy. */
static int64_t send_what_is_due(int64_t due_us)
{
    struct writer *writer;

    while (due_us <= now_us() && (writer = idle_writer()) != NULL) {
        post(writer, due_us);
        due_us += next_interval_us();
    }
    return due_us;
}

/* Late by less than poll's millisecond would be much: so ppoll. */
static void wait_for_input(int64_t until_us)
{
    struct pollfd fds[MAX_WRITERS + 1] = {{.fd = PQsocket(listener), .events = POLLIN}};
    int64_t wait_us = until_us - now_us();
    struct timespec timeout;

    /* Overdue and nobody idle: an answer will come, and nothing else helps. */
    if (wait_us <= 0 && idle_writer() != NULL)
        return;
    if (wait_us <= 0 || wait_us > 1000000)
        wait_us = 1000000;
    timeout.tv_sec = wait_us / 1000000;
    timeout.tv_nsec = wait_us % 1000000 * 1000;
    for (int i = 0; i < options.writers; i++)
        fds[i + 1] = (struct pollfd){.fd = PQsocket(writers[i].conn), .events = POLLIN};
    if (ppoll(fds, options.writers + 1, &timeout, NULL) <= 0)
        return;
    if (fds[0].revents != 0)
        read_notifications();
    for (int i = 0; i < options.writers; i++)
        if (fds[i + 1].revents != 0)
            read_answers(&writers[i]);
}

static void read_answers(struct writer *writer)
{
    PGresult *result;

    if (!PQconsumeInput(writer->conn))
        fail("a writer lost its connection: %s", PQerrorMessage(writer->conn));
    while (!PQisBusy(writer->conn)) {
        result = PQgetResult(writer->conn);
        if (result == NULL) {
            writer->is_busy = false;
            return;
        }
        if (PQresultStatus(result) == PGRES_COMMAND_OK)
            num_acknowledged++;
        else if (num_errors++ == 0)
            fprintf(stderr, "notify-delay: %s", PQresultErrorMessage(result));
        PQclear(result);
    }
}

static void read_notifications(void)
{
    PGnotify *notification;

    if (!PQconsumeInput(listener))
        fail("the listener lost its connection: %s", PQerrorMessage(listener));
    while ((notification = PQnotifies(listener)) != NULL) {
        num_notifications++;
        if (options.rate > 0)
            read_stamps(notification->extra);
        PQfreemem(notification);
    }
}

static void read_stamps(const char *payload)
{
    int64_t now = now_us();
    int64_t counts_from = began_us + options.warm_up_seconds * 1000000LL;

    while ((payload = strstr(payload, STAMP)) != NULL) {
        int64_t stamp_us = strtoll(payload + strlen(STAMP), NULL, 10);

        payload += strlen(STAMP);
        if (stamp_us < began_us)
            continue; /* of an earlier run */
        num_received++;
        if (stamp_us >= counts_from && num_delays < MAX_DELAYS)
            delays_us[num_delays++] = (uint32_t)(now - stamp_us);
    }
}

static int compare_delays(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

static uint32_t percentile_us(int percent)
{
    return num_delays > 0 ? delays_us[(num_delays - 1) * (size_t)percent / 100] : 0;
}

static void report(void)
{
    printf("notifications %llu\n", (unsigned long long)num_notifications);
    if (options.rate == 0)
        return;
    qsort(delays_us, num_delays, sizeof(*delays_us), compare_delays);
    printf("sent %llu\nacknowledged %llu\nerrors %llu\nreceived %llu\n",
           (unsigned long long)num_sent, (unsigned long long)num_acknowledged,
           (unsigned long long)num_errors, (unsigned long long)num_received);
    printf("p50_us %u\np99_us %u\nmax_us %u\n", percentile_us(50), percentile_us(99),
           percentile_us(100));
}
