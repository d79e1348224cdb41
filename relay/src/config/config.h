/*
 * The options: one table in config.c holds name, variable, default and help of
 * each, and everything else (parsing, --help, the README check) comes from it.
 *
 * A flag wins over its environment variable, which wins over the config file,
 * which wins over the default.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "config/option.h"

struct config {
    const char *config; /* the file; "": none */
    const char *listen;
    int64_t workers;
    int64_t feeder;             /* enum switch_kind */
    const char *metrics_listen; /* "": /metrics is on the port of viewers */
    const char *database;       /* "": libpq's own environment decides */
    const char *web;            /* "": the page inside the program */
    const char *origins;        /* see origin.h; "": any */
    const char *images;         /* the same; "": none */
    const char *tls_cert;       /* a file, as the next; "": without TLS */
    const char *tls_key;
    const char *trusted_proxies; /* see network.h */
    const char *user;            /* see privileges.h; "": stay the same user */
    const char *token_key;       /* file; see key.c; "": everything is public */
    const char *token_audience;  /* "": any */
    const char *token_issuer;    /* the same */
    int64_t show_viewers;        /* 1: viewers are told how many they are; 0: they are not */
    int64_t max_viewers;
    int64_t max_viewers_per_address;
    int64_t connects_per_address; /* in a second, as the next */
    int64_t messages_per_viewer;
    int64_t topic_bytes;
    int64_t cache_bytes;
    int64_t ping_interval_ms;
    const char *upstream;       /* see url.h; "": the database is the source */
    const char *upstream_ca;    /* file; "": the authorities of the system */
    const char *upstream_token; /* file; "": none is shown */
    const char *edges;          /* see network.h; "": edges need a token */
    int64_t source;             /* enum source_kind */
    int64_t poll_interval_ms;
    int64_t heartbeat_ms;
    int64_t report_interval_ms; /* 0: never */
    int64_t drain_ms;
    int64_t log_level;    /* enum log_level */
    int64_t log_format;   /* enum log_format */
    int64_t most_viewers; /* not an option: max_viewers at the start */
};

enum config_action { CONFIG_RUN, CONFIG_HELP, CONFIG_VERSION, CONFIG_CHECK, CONFIG_WRONG };

/* Whether the workers share one source: by default from four workers on. */
bool config_has_feeder(const struct config *config) MUST_CHECK;

/*
 * Reads config file, environment and arguments into *config, which owns all texts.
 * On CONFIG_WRONG, error says which option is wrong and
 * what it takes. config_free is due after every action.
 */
enum config_action config_read(struct config *config, int argc, char *const *argv,
                               char error[OPTION_ERROR_BYTES]) MUST_CHECK;

/* An option that needs a restart. */
typedef void config_stays(const char *name);

/*
 * For a running relay that has read all options again into *fresh: swaps those that can
 * change in a running relay with those of *running, and lists the names of the others that
 * differ.
 */
void config_take(struct config *running, struct config *fresh, config_stays *stays);

/* Covers what is secret in the arguments themselves, where ps shows it. */
void config_conceal(int argc, char **argv);

/* Writes what is in force, as a config file: secrets are left out. */
void config_print(const struct config *config, FILE *out);

void config_free(struct config *config);

void config_print_help(FILE *out);

#endif
