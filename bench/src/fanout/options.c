/* The command line. */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fail.h"

static const char *const protocols[] = {"relay", "plain", "lines", "nats", "mqtt", NULL};
static const char *const publishers[] = {"nothing", "tcp",    "http",  "notify",
                                         "insert",  "broker", "other", NULL};

static void usage(FILE *out)
{
    fprintf(out,
            "usage: fanout-load --port PORT --server-pid PID [OPTION]...\n"
            "\n"
            "One thread: connects viewers, publishes entries, and checks that each viewer\n"
            "gets each of them once, in order and undamaged.\n"
            "\n"
            "  --protocol NAME      relay (commentary.v1, the default), plain (a WebSocket that\n"
            "                       sends all to all), lines (bare TCP, a line each), nats,\n"
            "                       mqtt (what brokers speak, inside WebSocket)\n"
            "  --tls yes            use TLS, and do not check the certificate\n"
            "  --port PORT          of the server, on 127.0.0.1\n"
            "  --path PATH          of the WebSocket; default /ws\n"
            "  --server-pid PID     the process whose CPU time and memory are reported\n"
            "  --viewers N          number of viewers; default 100\n"
            "  --match ID           the first match; default 1\n"
            "  --matches N          number of matches, from the first on; default 1, at most 1000\n"
            "  --follow N           matches that each viewer follows, in turn; default all, at\n"
            "                       most 128\n"
            "  --connecting N       connections that are being opened at once; default 256\n"
            "  --connect-rate N     new connections a second; default as many as possible\n"
            "  --source N           the first address to connect from, 127.0.0.N; default 1\n"
            "  --sources N          number of addresses, from the first on; default 32\n"
            "  --slow PERCENT       how many of the viewers never read; default 0\n"
            "  --come-back yes      viewers that the relay sends away (bye) connect again and\n"
            "                       resume; the load ends as soon as all have done so\n"
            "\n"
            "  --publish NAME       nothing (the default), tcp, http, notify, insert, broker\n"
            "                       (in its protocol), other (another program publishes\n"
            "                       \"bench STAMP TEXT\", STAMP in ns of CLOCK_MONOTONIC)\n"
            "  --publish-port PORT  for tcp, http, broker: the port to publish to\n"
            "  --publish-path PATH  for http\n"
            "  --database CONNINFO  for notify, insert; default: libpq's environment\n"
            "  --insert SQL         for insert: $1 is the match, $2 the message\n"
            "  --burst N            entries published together, the next when all viewers\n"
            "                       have the last of them; default 1, at most 16\n"
            "  --rate N             publish so often a second, without waiting for viewers\n"
            "  --text N             bytes of a message; default 160\n"
            "  --warm-up SECONDS    time that is not counted; default 0.5\n"
            "  --seconds SECONDS    time that is counted; default 2\n"
            "  --leave SECONDS      then all viewers leave, and the server must close their\n"
            "                       sockets within that time; default 0: not checked\n"
            "  --histogram FILE     file for the delays, a line for each bucket: from µs, count\n"
            "\n"
            "Prints a line for each figure; exits with 1 when an entry was lost, doubled or\n"
            "damaged, or a viewer that reads was closed.\n");
}

static double number_of(const char *name, const char *text, double min, double max)
{
    char *end;
    double value;

    errno = 0;
    value = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(value >= min && value <= max))
        fail("--%s is a number from %g to %g, not \"%s\"", name, min, max, text);
    return value;
}

static int choice_of(const char *name, const char *text, const char *const *choices)
{
    for (int i = 0; choices[i]; i++)
        if (strcmp(text, choices[i]) == 0)
            return i;
    fail("--%s: \"%s\" is not known; see --help", name, text);
}

struct number_option {
    const char *name;
    int *target;
    int min, max;
};

/* False: it is none of these. */
static bool take_number(const struct number_option *numbers, const char *name, const char *text)
{
    for (; numbers->name; numbers++) {
        if (strcmp(numbers->name, name) != 0)
            continue;
        *numbers->target = (int)number_of(name, text, numbers->min, numbers->max);
        return true;
    }
    return false;
}

static bool take_text(struct options *options, const char *name, const char *text)
{
    if (strcmp(name, "protocol") == 0)
        options->protocol = (enum protocol)choice_of(name, text, protocols);
    else if (strcmp(name, "publish") == 0)
        options->publisher = (enum publisher)choice_of(name, text, publishers);
    else if (strcmp(name, "tls") == 0)
        options->has_tls = strcmp(text, "yes") == 0;
    else if (strcmp(name, "come-back") == 0)
        options->comes_back = strcmp(text, "yes") == 0;
    else if (strcmp(name, "path") == 0)
        options->path = text;
    else if (strcmp(name, "publish-path") == 0)
        options->publish_path = text;
    else if (strcmp(name, "database") == 0)
        options->database = text;
    else if (strcmp(name, "insert") == 0)
        options->insert = text;
    else if (strcmp(name, "histogram") == 0)
        options->histogram = text;
    else if (strcmp(name, "leave") == 0)
        options->leave_seconds = number_of(name, text, 0, 3600);
    else if (strcmp(name, "warm-up") == 0)
        options->warm_up_seconds = number_of(name, text, 0, 3600);
    else if (strcmp(name, "seconds") == 0)
        options->seconds = number_of(name, text, 0, 3600);
    else
        return false;
    return true;
}

static void take_option(struct options *options, const char *name, const char *text)
{
    const struct number_option numbers[] = {
        {"port", &options->port, 1, 65535},
        {"publish-port", &options->publish_port, 1, 65535},
        {"server-pid", &options->server_pid, 1, 1 << 30},
        {"viewers", &options->viewers, 1, 1000000},
        {"match", &options->first_match, 1, 1 << 30},
        {"matches", &options->matches, 1, MATCHES_MAX},
        {"follow", &options->follow, 1, FOLLOW_MAX},
        {"connecting", &options->connecting, 1, 1000000},
        {"connect-rate", &options->connect_rate, 0, 1000000},
        {"source", &options->source, 1, 254},
        {"sources", &options->sources, 1, 200},
        {"slow", &options->slow_percent, 0, 99},
        {"burst", &options->burst, 1, BURST_MAX},
        {"rate", &options->rate, 0, 100000},
        {"text", &options->text_bytes, 64, 400},
        {NULL, NULL, 0, 0},
    };

    if (!take_number(numbers, name, text) && !take_text(options, name, text))
        fail("--%s is not known; see --help", name);
}

static void check_options(struct options *options)
{
    if (options->follow == 0)
        options->follow = options->matches;
    if (options->follow > options->matches || options->follow > FOLLOW_MAX)
        fail("a viewer can follow at most %d matches, and not more than there are", FOLLOW_MAX);
    if (options->source + options->sources > 255)
        fail("127.0.0.%d and %d more is beyond 127.0.0.254", options->source, options->sources - 1);
    if (options->port == 0 || options->server_pid == 0)
        fail("--port and --server-pid are needed; see --help");
    if ((options->publisher == PUBLISH_TCP || options->publisher == PUBLISH_HTTP ||
         options->publisher == PUBLISH_BROKER) &&
        options->publish_port == 0)
        fail("--publish-port is needed to publish this way");
    if (options->publisher == PUBLISH_INSERT && !options->insert)
        fail("--insert is needed to publish this way");
}

struct options options_read(int argc, char **argv)
{
    struct options options = {.path = "/ws",
                              .publish_path = "/",
                              .database = "",
                              .viewers = 100,
                              .first_match = 1,
                              .matches = 1,
                              .burst = 1,
                              .seconds = 2,
                              .warm_up_seconds = 0.5,
                              .connecting = 256,
                              .source = 1,
                              .sources = 32,
                              .text_bytes = 160};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            exit(0);
        }
        if (strncmp(argv[i], "--", 2) != 0 || i + 1 == argc) {
            usage(stderr);
            exit(2);
        }
        take_option(&options, argv[i] + 2, argv[i + 1]);
        i++;
    }
    check_options(&options);
    return options;
}
