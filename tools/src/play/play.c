/* commentary-play: plays the commentary of a file into the database, at its own pace. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/number.h"
#include "base/safe.h"
#include "base/version.h"
#include "play/csv.h"
#include "play/demo.h"
#include "play/jsonl.h"
#include "play/player.h"
#include "play/script.h"

#define FILE_BYTES_MAX (256 * 1024 * 1024)
#define PATIENCE_S 120
#define MAPS_MAX 128

static const char usage[] =
    "Usage: commentary-play [OPTION]... FILE [COLUMN=VALUE]...\n"
    "\n"
    "Plays the commentary of FILE, or of standard input (-), into the database that the PG*\n"
    "environment names. COLUMN=VALUE sets a column of the match, such as home=Rovers. The match is\n"
    "created with match_ref `play/FILE` unless you give another. If FILE is played again, it goes on\n"
    "after the last line that is stored.\n"
    "\n"
    "  -m, --match=N        play into match N, which must exist\n"
    "  -f, --format=FORMAT  csv, jsonl or demo (default: by the file's name, or its first line)\n"
    "  -x, --speed=N        play N times as fast, 0.01 to 10000 (default: 1, or what the file says)\n"
    "  -a, --at-once        play without waiting\n"
    "  -n, --dry-run        play everything, then roll back: shows what the server refuses\n"
    "  -k, --keep-going     go on after a line that the server refuses\n"
    "      --map=HEADING=COLUMN   the column of a CSV heading; without COLUMN it is left out\n"
    "      --patience=S     how long to wait for a server that is away (default: 120)\n"
    "  -d, --database=CONNINFO    a connection string\n"
    "  -q, --quiet          no summary\n"
    "  -h, --help           show this\n"
    "      --version\n"
    "\n"
    "Exit status: 0 when each line was played or was stored already, 1 when it stopped, 2 for a\n"
    "usage error or a file that cannot be read, 3 when it went on after refused lines.\n";

enum { OPTION_MAP = 256, OPTION_PATIENCE, OPTION_VERSION };

static const struct option long_options[] = {
    {"match", required_argument, NULL, 'm'},
    {"format", required_argument, NULL, 'f'},
    {"speed", required_argument, NULL, 'x'},
    {"at-once", no_argument, NULL, 'a'},
    {"dry-run", no_argument, NULL, 'n'},
    {"keep-going", no_argument, NULL, 'k'},
    {"map", required_argument, NULL, OPTION_MAP},
    {"patience", required_argument, NULL, OPTION_PATIENCE},
    {"database", required_argument, NULL, 'd'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static struct script script;
static struct player player = {.script = &script, .speed = -1, .patience_ms = PATIENCE_S * 1000};
static const char *format;
static const char *maps[MAPS_MAX];
static struct csv_map map = {maps, 0};
static bool is_quiet;

static double read_speed(const char *text)
{
    char *end;
    double speed = strtod(text, &end);

    if (end == text || *end || !(speed >= 0.01 && speed <= 10000))
        fail_exit(STATUS_USAGE, "--speed \"%s\" is not a number from 0.01 to 10000", text);
    return speed;
}

static long long read_number(const char *name, const char *text, long long low, long long high)
{
    long long number;

    if (!number_read(text, low, high, &number))
        fail_exit(STATUS_USAGE, "%s \"%s\" is not a number from %lld to %lld", name, text, low,
                  high);
    return number;
}

static void add_map(const char *pair)
{
    if (!strchr(pair, '=') || map.count == MAPS_MAX)
        fail_exit(STATUS_USAGE, "--map \"%s\" is not HEADING=COLUMN", pair);
    maps[map.count++] = pair;
}

static void take(int option, char *value)
{
    switch (option) {
    case 'm':
        (void)read_number("--match", value, 1, 1LL << 53);
        player.match = text_copy(value);
        break;
    case 'f':
        format = value;
        break;
    case 'x':
        player.speed = read_speed(value);
        break;
    case 'a':
        player.speed = 0;
        break;
    case 'n':
        player.is_dry = true;
        break;
    case 'k':
        player.keeps_going = true;
        break;
    case OPTION_MAP:
        add_map(value);
        break;
    case OPTION_PATIENCE:
        player.patience_ms = read_number("--patience", value, 0, 1000000) * 1000;
        break;
    case 'd':
        player.db.conninfo = value;
        break;
    case 'q':
        is_quiet = true;
        break;
    case 'h':
        (void)fputs(usage, stdout);
        exit(STATUS_DONE);
    case OPTION_VERSION:
        (void)puts("commentary-play " VERSION);
        exit(STATUS_DONE);
    default:
        fail_exit(STATUS_USAGE, "see: commentary-play --help");
    }
}

/* Checks the whole file first, so that the match does not stop at its first umlaut. */
static void check_encoding(const char *path, const struct text *content)
{
    size_t right = safe_utf8_length(content->bytes, content->length);
    long line = 1;

    if (memchr(content->bytes, '\0', content->length))
        fail_exit(STATUS_USAGE, "\"%s\" has a byte 0: it is no text, or UTF-16", path);
    for (size_t i = 0; i < right; i++)
        line += content->bytes[i] == '\n';
    if (right < content->length)
        fail_exit(STATUS_USAGE,
                  "%s:%ld: a character that is not UTF-8; of a spreadsheet of Windows: "
                  "iconv -f WINDOWS-1252 -t UTF-8",
                  path, line);
}

static void read_file(const char *path, struct text *content)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char piece[65536];
    size_t length;

    if (!file)
        fail_exit(STATUS_USAGE, "cannot read \"%s\": %s", path, strerror(errno));
    text_add(content, "", 0);
    while ((length = fread(piece, 1, sizeof piece, file)) > 0 && content->length < FILE_BYTES_MAX)
        text_add(content, piece, length);
    if (ferror(file) || length > 0)
        fail_exit(STATUS_USAGE, "cannot read \"%s\": %s", path,
                  ferror(file) ? strerror(errno) : "it is larger than 256 MiB");
    if (file != stdin)
        (void)fclose(file);
    check_encoding(path, content);
    if (strncmp(content->bytes, "\xEF\xBB\xBF", 3) == 0)
        text_drop(content, 3); /* the mark of Windows' UTF-8 */
}

static const char *guess_format(const char *path, const char *content)
{
    const char *end = strrchr(path, '.');

    if (end && strcmp(end, ".csv") == 0)
        return "csv";
    if (end && (strcmp(end, ".jsonl") == 0 || strcmp(end, ".ndjson") == 0))
        return "jsonl";
    if (*content == '{')
        return "jsonl";
    return *content == '#' || *content == '@' ? "demo" : "csv";
}

static void parse(const char *path, struct text *content)
{
    long long speed = 1;

    if (!format)
        format = guess_format(path, content->bytes);
    if (strcmp(format, "csv") == 0)
        csv_read(&script, content->bytes, content->length, &map);
    else if (strcmp(format, "jsonl") == 0)
        jsonl_read(&script, content->bytes, content->length);
    else if (strcmp(format, "demo") == 0)
        demo_read(&script, content->bytes, &speed);
    else
        fail_exit(STATUS_USAGE, "there is no format \"%s\": csv, jsonl, demo", format);
    if (player.is_dry)
        player.speed = 0; /* its one transaction holds locks, and shows nobody anything */
    else if (player.speed < 0)
        player.speed = (double)speed;
    script_finish(&script);
    if (script.errors > SCRIPT_ERRORS_MAX)
        fail_say("… and %d more", script.errors - SCRIPT_ERRORS_MAX);
    if (script.errors > 0)
        fail_exit(STATUS_USAGE, "nothing was played: mend the file first");
    if (script.count == 0)
        fail_exit(STATUS_USAGE, "\"%s\" has no line to play", path);
}

static void read_about(char *given)
{
    char *value = strchr(given, '=');

    if (!value)
        fail_exit(STATUS_USAGE, "\"%s\" is not COLUMN=VALUE", given);
    *value++ = '\0';
    if (!row_is_match(given))
        fail_exit(STATUS_USAGE, "\"%s\" is no column of commentary.match", given);
    row_set(&script.about, given, value);
}

/* What the match needs and the user has not given. */
static void complete_about(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct text ref = {0};

    if (player.match && script.about.count > 0 && strcmp(format, "csv") == 0)
        fail_say("match %s is there: COLUMN=VALUE is not used", player.match);
    text_print(&ref, "play/%s", slash ? slash + 1 : path);
    if (!row_get(&script.about, "match_ref"))
        row_set(&script.about, "match_ref", ref.bytes);
    if (!row_get(&script.about, "home") && !row_get(&script.about, "title"))
        row_set(&script.about, "title", ref.bytes + strlen("play/"));
    if (!row_get(&script.about, "status"))
        row_set(&script.about, "status", "live");
    text_free(&ref);
}

static void on_signal(int number)
{
    (void)number;
    player_is_stopped = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

int main(int argc, char **argv)
{
    struct text content = {0};
    enum status status;
    const char *path;
    int option;

    while ((option = getopt_long(argc, argv, "m:f:x:ankd:qh", long_options, NULL)) != -1)
        take(option, optarg);
    if (optind == argc)
        fail_exit(STATUS_USAGE, "which file? See: commentary-play --help");
    script.file = path = argv[optind++];
    player.shows_progress = isatty(STDERR_FILENO);
    read_file(path, &content);
    parse(path, &content);
    while (optind < argc)
        read_about(argv[optind++]);
    complete_about(path);
    catch_signals();
    status = player_run(&player);
    if (!is_quiet)
        (void)fprintf(stderr, "match %s: %zu of %zu steps %s, %zu refused, %zu there before\n",
                      player.match, player.played, script.count,
                      player.is_dry ? "would be played" : "played", player.refused, player.first);
    db_close(&player.db);
    text_free(&player.db.said);
    text_free(&player.db.warned);
    free(player.match);
    text_free(&content);
    script_free(&script);
    return status;
}
