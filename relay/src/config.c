/* The options of the relay, from one table. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

enum kind { KIND_TEXT, KIND_COUNT, KIND_BYTES, KIND_DURATION, KIND_LEVEL };

struct option {
    const char *name; /* without the two dashes */
    const char *argument;
    const char *variable;
    const char *fallback;
    const char *help;
    size_t offset; /* in struct config: a const char * for KIND_TEXT, else an int64_t */
    int64_t min, max;
    enum kind kind;
};

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define SECOND INT64_C(1000)
#define AT(member) offsetof(struct config, member)

static const struct option options[] = {
    {"listen", "ADDR:PORT", "COMMENTARY_LISTEN", "127.0.0.1:8080",
     "where viewers connect; [::]:8080 for every address, port 0 for any free one", AT(listen), 0,
     0, KIND_TEXT},
    {"database", "CONNINFO", "COMMENTARY_DATABASE", "",
     "libpq connection string or URI; what it leaves out comes from PGHOST, PGUSER, ...",
     AT(database), 0, 0, KIND_TEXT},
    {"max-viewers", "N", "COMMENTARY_MAX_VIEWERS", "20000",
     "one more is told to come back later (close code 4429)", AT(max_viewers), 1, 1000000,
     KIND_COUNT},
    {"topic-bytes", "SIZE", "COMMENTARY_TOPIC_BYTES", "1MiB",
     "how much of one match is kept in memory; a viewer further behind is closed (4000)",
     AT(topic_bytes), 4 * KIB, 1024 * MIB, KIND_BYTES},
    {"cache-bytes", "SIZE", "COMMENTARY_CACHE_BYTES", "256MiB",
     "above this, matches that nobody follows are forgotten", AT(cache_bytes), MIB,
     1024 * 1024 * MIB, KIND_BYTES},
    {"ping-interval", "TIME", "COMMENTARY_PING_INTERVAL", "30s",
     "a viewer that has not answered a ping when the next is due is closed (4408)",
     AT(ping_interval_ms), 100, 3600 * SECOND, KIND_DURATION},
    {"heartbeat", "TIME", "COMMENTARY_HEARTBEAT", "3s",
     "how often the database is asked what is newest; silent for twice as long, it is lost",
     AT(heartbeat_ms), 100, 3600 * SECOND, KIND_DURATION},
    {"drain", "TIME", "COMMENTARY_DRAIN", "5s",
     "how long viewers are given to leave after SIGTERM or SIGINT", AT(drain_ms), 0, 3600 * SECOND,
     KIND_DURATION},
    {"web", "DIR", "COMMENTARY_WEB", "",
     "serve the page from this folder instead of the one inside the program", AT(web), 0, 0,
     KIND_TEXT},
    {"log-level", "LEVEL", "COMMENTARY_LOG_LEVEL", "info", "debug, info, warn or error",
     AT(log_level), 0, 0, KIND_LEVEL},
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

static const char *const expectations[] = {
    [KIND_TEXT] = "a text",
    [KIND_COUNT] = "a whole number",
    [KIND_BYTES] = "a size such as 65536, 64KiB or 1MiB",
    [KIND_DURATION] = "a time such as 500ms, 30s or 5min; a bare number is seconds",
    [KIND_LEVEL] = "debug, info, warn or error",
};

struct unit {
    const char *suffix;
    int64_t factor;
};

static const struct unit count_units[] = {{"", 1}, {NULL, 0}};
static const struct unit byte_units[] = {
    {"", 1},      {"B", 1},    {"KiB", KIB},        {"kB", KIB},
    {"MiB", MIB}, {"MB", MIB}, {"GiB", 1024 * MIB}, {"GB", 1024 * MIB},
    {NULL, 0}};
static const struct unit time_units[] = {
    {"", SECOND}, {"ms", 1}, {"s", SECOND}, {"min", 60 * SECOND}, {NULL, 0}};

static bool parse_number(const char *text, const struct unit *units, int64_t *out)
{
    char *end;
    long long number;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    number = strtoll(text, &end, 10);
    if (errno)
        return false;
    for (; units->suffix; units++)
        if (strcmp(end, units->suffix) == 0)
            return !__builtin_mul_overflow(number, units->factor, out);
    return false;
}

static bool parse_value(const struct option *option, const char *text, int64_t *out)
{
    enum log_level level;

    switch (option->kind) {
    case KIND_LEVEL:
        if (!log_level_parse(text, &level))
            return false;
        *out = level;
        return true;
    case KIND_BYTES:
        return parse_number(text, byte_units, out);
    case KIND_DURATION:
        return parse_number(text, time_units, out);
    default:
        return parse_number(text, count_units, out);
    }
}

/* The value is not repeated in the message: it may be a connection string. */
static bool option_set(const struct option *option, struct config *config, const char *text,
                       const char *source, char *error)
{
    void *member = (char *)config + option->offset;
    int64_t number;

    if (option->kind == KIND_TEXT) {
        *(const char **)member = text;
        return true;
    }
    if (!parse_value(option, text, &number)) {
        snprintf(error, CONFIG_ERROR_BYTES, "%s takes %s", source, expectations[option->kind]);
        return false;
    }
    if (option->kind != KIND_LEVEL && (number < option->min || number > option->max)) {
        snprintf(error, CONFIG_ERROR_BYTES, "%s must be from %" PRId64 " to %" PRId64 "%s", source,
                 option->min, option->max, option->kind == KIND_DURATION ? " ms" : "");
        return false;
    }
    *(int64_t *)member = number;
    return true;
}

static bool read_environment(struct config *config, char *error)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *text = getenv(options[i].variable);

        if (!option_set(&options[i], config, options[i].fallback, options[i].name, error))
            return false;
        if (text && *text && !option_set(&options[i], config, text, options[i].variable, error))
            return false;
    }
    return true;
}

/* Finds the option of "--name" or "--name=value"; *value is NULL for the former. */
static const struct option *find_option(const char *argument, const char **value)
{
    const char *name = argument + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);

    *value = equals ? equals + 1 : NULL;
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strlen(options[i].name) == length && strncmp(options[i].name, name, length) == 0)
            return &options[i];
    return NULL;
}

/* Reads one flag at argv[*i]; *i moves on when its value is the next argument. */
static bool read_flag(struct config *config, int argc, char *const *argv, int *i, char *error)
{
    const struct option *option = NULL;
    const char *value;
    char source[64];

    if (strncmp(argv[*i], "--", 2) == 0)
        option = find_option(argv[*i], &value);
    if (!option) {
        snprintf(error, CONFIG_ERROR_BYTES, "no such option: %.100s", argv[*i]);
        return false;
    }
    snprintf(source, sizeof(source), "--%s", option->name);
    if (!value && *i + 1 == argc) {
        snprintf(error, CONFIG_ERROR_BYTES, "%s needs a value: %s", source, option->argument);
        return false;
    }
    return option_set(option, config, value ? value : argv[++*i], source, error);
}

enum config_action config_read(struct config *config, int argc, char *const *argv,
                               char error[CONFIG_ERROR_BYTES])
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return CONFIG_HELP;
        if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "-V") == 0)
            return CONFIG_VERSION;
    }
    if (!read_environment(config, error))
        return CONFIG_WRONG;
    for (int i = 1; i < argc; i++)
        if (!read_flag(config, argc, argv, &i, error))
            return CONFIG_WRONG;
    return CONFIG_RUN;
}

void config_print_help(FILE *out)
{
    fputs("Usage: commentary-relay [OPTION]...\n"
          "\n"
          "Broadcasts live commentary from PostgreSQL to WebSocket viewers.\n"
          "\n"
          "Options:\n",
          out);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &options[i];

        fprintf(out, "  --%s %s   %s (default %s; variable %s)\n", option->name, option->argument,
                option->help, *option->fallback ? option->fallback : "none", option->variable);
    }
    fputs("  --help   print this and exit\n"
          "  --version   print the version and exit\n"
          "\n"
          "Exit codes: 0 stopped by a signal, 1 out of resources, 2 wrong option,\n"
          "3 cannot listen, 4 the database refuses for good.\n"
          "\n"
          "A password belongs in a ~/.pgpass or PGPASSFILE, not on the command line.\n",
          out);
}
