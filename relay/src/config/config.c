/* The options of the relay, from one table. */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_file.h"

#define AT(member) offsetof(struct config, member)

static const struct option options[] = {
    {"config", "FILE", "COMMENTARY_CONFIG", "",
     "lines of 'name = value' with the names of these options; flags and variables override it",
     AT(config), 0, 0, KIND_TEXT},
    {"listen", "ADDR:PORT", "COMMENTARY_LISTEN", "127.0.0.1:8080",
     "where viewers connect; [::]:8080 for every address, port 0 for any free one", AT(listen), 0,
     0, KIND_TEXT},
    {"workers", "N", "COMMENTARY_WORKERS", "1", "processes that share the port", AT(workers), 1,
     255, KIND_COUNT},
    {"feeder", "WHEN", "COMMENTARY_FEEDER", "auto",
     "on: one more process follows the database for all workers; off: each worker does so itself; "
     "auto: on from 4 workers",
     AT(feeder), 0, 0, KIND_SWITCH},
    {"metrics-listen", "ADDR:PORT", "COMMENTARY_METRICS_LISTEN", "",
     "where /metrics is answered to anybody; without it, --listen answers it to this machine only",
     AT(metrics_listen), 0, 0, KIND_TEXT},
    {"database", "CONNINFO", "COMMENTARY_DATABASE", "",
     "libpq connection string or URI; what it leaves out comes from PGHOST, PGUSER, ...",
     AT(database), 0, 0, KIND_SECRET},
    {"source", "KIND", "COMMENTARY_SOURCE", "auto",
     "listen to a primary, or poll a standby; auto: poll if --database names only a standby",
     AT(source), 0, 0, KIND_SOURCE},
    {"poll-interval", "TIME", "COMMENTARY_POLL_INTERVAL", "50ms",
     "how often a standby is asked for new entries", AT(poll_interval_ms), 10, 60 * SECOND,
     KIND_DURATION},
    {"upstream", "URL[,URL]...", "COMMENTARY_UPSTREAM", "",
     "follow another relay, ws://HOST:PORT or wss://HOST, instead of a database; in a list, "
     "the next one when the connection is lost",
     AT(upstream), 0, 0, KIND_TEXT},
    {"upstream-ca", "FILE", "COMMENTARY_UPSTREAM_CA", "",
     "certificate authorities in PEM to check the upstream's certificate; without it, the system's",
     AT(upstream_ca), 0, 0, KIND_TEXT},
    {"upstream-token", "FILE", "COMMENTARY_UPSTREAM_TOKEN", "",
     "the token (JWT) with the claim edge for the upstream; read again at each connection",
     AT(upstream_token), 0, 0, KIND_TEXT},
    {"edges", "LIST", "COMMENTARY_EDGES", "",
     "networks, as in 10.0.0.0/8, whose relays may follow this one without a token", AT(edges), 0,
     0, KIND_TEXT},
    {"origins", "LIST", "COMMENTARY_ORIGINS", "",
     "pages that may connect, as in https://example.org; without it, any may", AT(origins), 0, 0,
     KIND_TEXT},
    {"images", "LIST", "COMMENTARY_IMAGES", "",
     "origins whose images the page shows, as in https://img.example.org; without it, none",
     AT(images), 0, 0, KIND_TEXT},
    {"trusted-proxies", "LIST", "COMMENTARY_TRUSTED_PROXIES", "",
     "networks of proxies, as in 10.0.0.0/8, whose X-Forwarded-For has a viewer's address",
     AT(trusted_proxies), 0, 0, KIND_TEXT},
    {"tls-cert", "FILE", "COMMENTARY_TLS_CERT", "",
     "certificate and chain in PEM; with it viewers connect by https and wss", AT(tls_cert), 0, 0,
     KIND_TEXT},
    {"tls-key", "FILE", "COMMENTARY_TLS_KEY", "",
     "the certificate's private key in PEM, without a passphrase", AT(tls_key), 0, 0, KIND_TEXT},
    {"user", "NAME[:GROUP]", "COMMENTARY_USER", "",
     "when started as root: the user to become once the port is open and all files are read",
     AT(user), 0, 0, KIND_TEXT},
    {"token-key", "FILE", "COMMENTARY_TOKEN_KEY", "",
     "viewers need a token (JWT) signed by this: public keys as PEM (RS256, ES256), or a secret of "
     "at least 32 bytes (HS256)",
     AT(token_key), 0, 0, KIND_TEXT},
    {"token-audience", "TEXT", "COMMENTARY_TOKEN_AUDIENCE", "",
     "what the token's aud must name; without it, aud is not checked", AT(token_audience), 0, 0,
     KIND_TEXT},
    {"token-issuer", "TEXT", "COMMENTARY_TOKEN_ISSUER", "",
     "what the token's iss must be; without it, iss is not checked", AT(token_issuer), 0, 0,
     KIND_TEXT},
    {"max-viewers", "N", "COMMENTARY_MAX_VIEWERS", "20000",
     "viewers at once; one more is told to come back later (close code 4429)", AT(max_viewers), 1,
     1000000, KIND_COUNT},
    {"max-viewers-per-address", "N", "COMMENTARY_MAX_VIEWERS_PER_ADDRESS", "12000",
     "viewers at once from an IPv4 address or an IPv6 /64; one more gets HTTP 429",
     AT(max_viewers_per_address), 1, 1000000, KIND_COUNT},
    {"connects-per-address", "N", "COMMENTARY_CONNECTS_PER_ADDRESS", "12000",
     "handshakes a second from an IPv4 address or an IPv6 /64; one more gets HTTP 429",
     AT(connects_per_address), 1, 1000000, KIND_COUNT},
    {"show-viewers", "0|1", "COMMENTARY_SHOW_VIEWERS", "1",
     "1: a viewer of a match may ask how many viewers it has; 0: it may not", AT(show_viewers), 0,
     1, KIND_COUNT},
    {"messages-per-viewer", "N", "COMMENTARY_MESSAGES_PER_VIEWER", "50",
     "messages of one viewer a second, and 128 more at once; one more closes it (4429)",
     AT(messages_per_viewer), 1, 1000000, KIND_COUNT},
    {"topic-bytes", "SIZE", "COMMENTARY_TOPIC_BYTES", "1MiB",
     "how much of one match is kept in memory; a viewer that is further behind is closed (4000)",
     AT(topic_bytes), 4 * KIB, 1024 * MIB, KIND_BYTES},
    {"cache-bytes", "SIZE", "COMMENTARY_CACHE_BYTES", "256MiB",
     "memory of all matches; above it, matches that nobody follows are forgotten", AT(cache_bytes),
     MIB, 1024 * 1024 * MIB, KIND_BYTES},
    {"ping-interval", "TIME", "COMMENTARY_PING_INTERVAL", "30s",
     "how often viewers are pinged; one that has not answered after 3/4 of it is closed (4408)",
     AT(ping_interval_ms), 100, 3600 * SECOND, KIND_DURATION},
    {"heartbeat", "TIME", "COMMENTARY_HEARTBEAT", "3s",
     "how often the database is asked for the newest entries; silent for twice that, it is lost",
     AT(heartbeat_ms), 100, 3600 * SECOND, KIND_DURATION},
    {"report-interval", "TIME", "COMMENTARY_REPORT_INTERVAL", "10s",
     "how often viewers are reported to the database, for commentary.stat_relay; 0: never",
     AT(report_interval_ms), 0, 3600 * SECOND, KIND_DURATION},
    {"drain", "TIME", "COMMENTARY_DRAIN", "5s",
     "the time over which viewers are sent away after SIGTERM or SIGINT", AT(drain_ms), 0,
     3600 * SECOND, KIND_DURATION},
    {"web", "DIR", "COMMENTARY_WEB", "",
     "serve the page from this folder instead of the one inside the program", AT(web), 0, 0,
     KIND_TEXT},
    {"log-level", "LEVEL", "COMMENTARY_LOG_LEVEL", "info", "debug, info, warn or error",
     AT(log_level), 0, 0, KIND_LEVEL},
    {"log-format", "FORMAT", "COMMENTARY_LOG_FORMAT", "logfmt",
     "logfmt or json: how a log line is written", AT(log_format), 0, 0, KIND_FORMAT},
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))
#define CHECK_FLAG "--check-config"

/* The option of that name, of which only the first `length` bytes count. */
static const struct option *find_option(const char *name, size_t length)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strlen(options[i].name) == length && strncmp(options[i].name, name, length) == 0)
            return &options[i];
    return NULL;
}

/* With fewer workers a feeder costs about what it saves: README.md has figures. */
#define FEEDER_FROM 4

bool config_has_feeder(const struct config *config)
{
    return config->feeder == SWITCH_ON ||
           (config->feeder == SWITCH_AUTO && config->workers >= FEEDER_FROM);
}

static bool read_defaults(struct config *config, char *error)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (!option_set(&options[i], config, options[i].fallback, options[i].name, error))
            return false;
    return true;
}

/* A config_file_set. */
static bool set_from_file(void *context, const char *name, const char *value, const char *line,
                          char *error)
{
    const struct option *option = find_option(name, strlen(name));
    struct config *config = context;
    char source[192];

    if (!option || option->offset == AT(config)) {
        snprintf(error, OPTION_ERROR_BYTES, "%s: %s: %.60s", line,
                 option ? "not in a config file" : "no such option", name);
        return false;
    }
    snprintf(source, sizeof(source), "%s: %s", line, option->name);
    return option_set(option, config, value, source, error);
}

static bool read_file(struct config *config, const char *path, char *error)
{
    char *bytes = config_file_load(path, error);
    bool is_right = bytes && config_file_parse(bytes, path, set_from_file, config, error);

    free(bytes);
    return is_right;
}

static bool read_environment(struct config *config, char *error)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *text = getenv(options[i].variable);

        if (text && *text && !option_set(&options[i], config, text, options[i].variable, error))
            return false;
    }
    return true;
}

/* Reads one flag, "--name=value" or "--name value", at argv[*i]; *i moves to its end. */
static bool read_flag(struct config *config, int argc, char *const *argv, int *i, char *error)
{
    const char *equals = strchr(argv[*i], '=');
    size_t length = equals ? (size_t)(equals - argv[*i]) : strlen(argv[*i]);
    const struct option *option = NULL;
    char source[64];

    if (strncmp(argv[*i], "--", 2) == 0)
        option = find_option(argv[*i] + 2, length - 2);
    if (!option) {
        snprintf(error, OPTION_ERROR_BYTES, "no such option: %.100s", argv[*i]);
        return false;
    }
    snprintf(source, sizeof(source), "--%s", option->name);
    if (!equals && *i + 1 == argc) {
        snprintf(error, OPTION_ERROR_BYTES, "%s needs a value: %s", source, option->argument);
        return false;
    }
    return option_set(option, config, equals ? equals + 1 : argv[++*i], source, error);
}

static bool read_flags(struct config *config, int argc, char *const *argv, char *error)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], CHECK_FLAG) != 0 && !read_flag(config, argc, argv, &i, error))
            return false;
    return true;
}

/* The file has to be known before it can be read, and what names it wins over it. */
static bool read_all(struct config *config, int argc, char *const *argv, char *error)
{
    if (!read_defaults(config, error) || !read_environment(config, error) ||
        !read_flags(config, argc, argv, error))
        return false;
    return !*config->config ||
           (read_file(config, config->config, error) && read_environment(config, error) &&
            read_flags(config, argc, argv, error));
}

enum config_action config_read(struct config *config, int argc, char *const *argv,
                               char error[OPTION_ERROR_BYTES])
{
    enum config_action action = CONFIG_RUN;

    *config = (struct config){0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return CONFIG_HELP;
        if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "-V") == 0)
            return CONFIG_VERSION;
        if (strcmp(argv[i], CHECK_FLAG) == 0)
            action = CONFIG_CHECK;
    }
    if (!read_all(config, argc, argv, error))
        return CONFIG_WRONG;
    config->most_viewers = config->max_viewers;
    return action;
}

/* ---- while it runs ---- */

/* What a running relay asks for when it needs it, or is told of by reload.c. */
static const size_t changeable[] = {
    AT(origins),
    AT(images),
    AT(trusted_proxies),
    AT(edges),
    AT(tls_cert),
    AT(tls_key),
    AT(max_viewers),
    AT(max_viewers_per_address),
    AT(drain_ms),
    AT(connects_per_address),
    AT(cache_bytes),
    AT(log_level),
    AT(messages_per_viewer),
    AT(ping_interval_ms),
    AT(log_format),
    AT(web),
};

/* TLS is there or not for good, and descriptors were counted at the start. */
static bool can_change(const struct option *option, const struct config *running,
                       const struct config *fresh)
{
    size_t at = option->offset;

    if (at == AT(tls_cert) || at == AT(tls_key))
        return *running->tls_cert && *fresh->tls_cert;
    if (at == AT(max_viewers))
        return fresh->max_viewers <= running->most_viewers;
    for (size_t i = 0; i < sizeof(changeable) / sizeof(changeable[0]); i++)
        if (changeable[i] == at)
            return true;
    return false;
}

void config_take(struct config *running, struct config *fresh, config_stays *stays)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &options[i];

        if (option_is_same(option, running, fresh))
            continue;
        if (can_change(option, running, fresh))
            option_swap(option, running, fresh);
        else
            stays(option->name);
    }
}

/* The value of a flag, "--name=value" or "--name value" (*i moves to it), if it is secret. */
static char *secret_value(int argc, char **argv, int *i)
{
    char *equals = strchr(argv[*i], '=');
    size_t length = equals ? (size_t)(equals - argv[*i]) : strlen(argv[*i]);
    const struct option *option =
        strncmp(argv[*i], "--", 2) == 0 ? find_option(argv[*i] + 2, length - 2) : NULL;
    char *value = equals ? equals + 1 : NULL;

    if (option && !equals && *i + 1 < argc)
        value = argv[++*i];
    return option && option->kind == KIND_SECRET ? value : NULL;
}

void config_conceal(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *value = secret_value(argc, argv, &i);

        if (value)
            memset(value, '*', strlen(value));
    }
}

void config_print(const struct config *config, FILE *out)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (options[i].offset != AT(config))
            option_print(&options[i], config, out);
}

void config_free(struct config *config)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        option_free(&options[i], config);
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
    fputs("  " CHECK_FLAG "   read all options, print what is in force, and exit\n"
          "  --help   print this and exit\n"
          "  --version   print the version and exit\n"
          "\n"
          "Exit codes: 0 stopped by a signal, 1 out of resources, 2 wrong option,\n"
          "3 cannot listen, 4 the database refuses for good.\n"
          "\n"
          "At SIGHUP the relay reads the options again; at SIGUSR2 the program at this path takes\n"
          "the place of the one that runs. Put a password into ~/.pgpass, PGPASSFILE or the\n"
          "config file, not on the command line.\n",
          out);
}
