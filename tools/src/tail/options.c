#include "tail/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/number.h"
#include "base/paint.h"
#include "base/version.h"
#include "tail/address.h"

#define LINES_MAX 500 /* of the protocol */
#define TIMEOUT_S 10

static const char usage[] =
    "Usage: commentary-tail [OPTION]... MATCH...\n"
    "\n"
    "Shows the commentary of matches in a terminal, as their viewers get it. MATCH is the number\n"
    "of a match, or `lobby` for the scores of all matches.\n"
    "\n"
    "  -f, --follow         go on with new entries, also after a lost connection\n"
    "  -n, --lines=N        begin with the last N lines, 0 to 500 (default: 10)\n"
    "  -s, --since=SEQ      begin after this entry; 0: with the first (SEQ or EPOCH:SEQ)\n"
    "  -e, --until-end      follow, and end when all the matches are over\n"
    "  -j, --json           a line of JSON for each message, as the relay sends it\n"
    "  -u, --url=URL        of the relay (default: $RELAY_URL, or http://127.0.0.1:8080), or\n"
    "                       of its page of a match, which is shown if no MATCH is given\n"
    "  -t, --token-file=FILE   the token, where the relay wants one (or $COMMENTARY_TOKEN)\n"
    "      --ca-file=FILE   certificates to trust instead of the system's\n"
    "      --timeout=S      give up after S seconds without a connection; 0: never\n"
    "                       (default: 10, and 0 with --follow)\n"
    "      --color=WHEN     always, never, or auto: on a terminal, unless NO_COLOR is set\n"
    "  -h, --help           show this\n"
    "      --version\n"
    "\n"
    "Exit status: 0 when it showed what was asked, 1 when the relay could not be reached or the\n"
    "output could not be written, 2 for a usage error, 3 when the relay refused a match.\n";

enum { OPTION_CA_FILE = 256, OPTION_TIMEOUT, OPTION_COLOR, OPTION_VERSION };

static const struct option long_options[] = {
    {"follow", no_argument, NULL, 'f'},
    {"lines", required_argument, NULL, 'n'},
    {"since", required_argument, NULL, 's'},
    {"until-end", no_argument, NULL, 'e'},
    {"json", no_argument, NULL, 'j'},
    {"url", required_argument, NULL, 'u'},
    {"token-file", required_argument, NULL, 't'},
    {"ca-file", required_argument, NULL, OPTION_CA_FILE},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"color", required_argument, NULL, OPTION_COLOR},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

/* The first line of a file. A token on the command line could be read by all users. */
static const char *read_token(const char *path)
{
    static char line[4096];
    FILE *file = fopen(path, "re");

    if (!file || !fgets(line, sizeof line, file))
        fail_exit(STATUS_USAGE, "cannot read a token from \"%s\"", path);
    (void)fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}

static long long read_number(const char *name, const char *text, long long high)
{
    long long number;

    if (!number_read(text, 0, high, &number))
        fail_exit(STATUS_USAGE, "%s \"%s\" is not a number from 0 to %lld", name, text, high);
    return number;
}

static void check_since(const char *since)
{
    const char *seq = strrchr(since, ':');
    long long number;

    if (!number_read(seq ? seq + 1 : since, 0, 1LL << 53, &number) ||
        strspn(since, "0123456789abcdefghijklmnopqrstuvwxyz:") != strlen(since))
        fail_exit(STATUS_USAGE, "--since \"%s\" is neither SEQ nor EPOCH:SEQ", since);
}

static void take(struct options *options, int option, const char *value)
{
    switch (option) {
    case 'f':
        options->is_following = true;
        break;
    case 'e':
        options->is_following = options->until_end = true;
        break;
    case 'n':
        options->lines = (int)read_number("--lines", value, LINES_MAX);
        break;
    case 's':
        check_since(value);
        options->since = value;
        break;
    case 'j':
        options->is_json = true;
        break;
    case 'u':
        options->url = value;
        break;
    case 't':
        options->token = read_token(value);
        break;
    case OPTION_CA_FILE:
        options->ca_file = value;
        break;
    case OPTION_TIMEOUT:
        options->timeout_ms = read_number("--timeout", value, 1000000) * 1000;
        break;
    case OPTION_COLOR:
        if (!paint_wanted(value, STDOUT_FILENO, &options->is_coloured))
            fail_exit(STATUS_USAGE, "--color \"%s\" is none of always, never, auto", value);
        break;
    case 'h':
        (void)fputs(usage, stdout);
        exit(STATUS_DONE);
    case OPTION_VERSION:
        (void)puts("commentary-tail " VERSION);
        exit(STATUS_DONE);
    default:
        fail_exit(STATUS_USAGE, "see: commentary-tail --help");
    }
}

static void add_match(struct options *options, const char *match)
{
    long long number;

    if (strcmp(match, "lobby") != 0 && !number_read(match, 1, 1LL << 53, &number))
        fail_exit(STATUS_USAGE, "\"%s\" is neither the number of a match nor `lobby`", match);
    for (int i = 0; i < options->match_count; i++)
        if (strcmp(options->matches[i], match) == 0)
            return;
    if (options->match_count == OPTIONS_MATCHES_MAX)
        fail_exit(STATUS_USAGE, "more than %d matches: run another one beside this",
                  OPTIONS_MATCHES_MAX);
    options->matches[options->match_count++] = match;
}

/* An address that was copied from the browser names the match as well. */
static void take_address(struct options *options)
{
    struct address address;

    if (!address_read(&address, options->url))
        fail_exit(STATUS_USAGE, "\"%s\" is not an address of the form http://HOST:PORT",
                  options->url);
    options->url = address.relay;
    if (options->match_count == 0 && address.match)
        add_match(options, address.match);
    else
        free(address.match);
}

void options_read(struct options *options, int argc, char **argv)
{
    const char *url = getenv("RELAY_URL"), *token = getenv("COMMENTARY_TOKEN");
    int option;

    *options = (struct options){.lines = 10, .timeout_ms = -1};
    options->url = url && *url ? url : "http://127.0.0.1:8080";
    options->token = token && *token ? token : NULL;
    (void)!paint_wanted("auto", STDOUT_FILENO, &options->is_coloured);
    while ((option = getopt_long(argc, argv, "fn:s:eju:t:h", long_options, NULL)) != -1)
        take(options, option, optarg);
    for (; optind < argc; optind++)
        add_match(options, argv[optind]);
    take_address(options);
    if (options->match_count == 0)
        fail_exit(STATUS_USAGE, "which match? Give its number, or `lobby`");
    if (options->timeout_ms < 0)
        options->timeout_ms = options->is_following ? 0 : TIMEOUT_S * 1000;
}
