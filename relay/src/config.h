/*
 * The options: one table in config.c holds name, variable, default and help of
 * each, and everything else (parsing, --help, the README check) comes from it.
 *
 * A flag wins over its environment variable, which wins over the default.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "attr.h"

struct config {
    const char *listen;
    const char *database; /* "": libpq's own environment decides */
    const char *web;      /* "": the page inside the program */
    int64_t max_viewers;
    int64_t topic_bytes;
    int64_t cache_bytes;
    int64_t ping_interval_ms;
    int64_t heartbeat_ms;
    int64_t drain_ms;
    int64_t log_level; /* enum log_level */
};

enum config_action { CONFIG_RUN, CONFIG_HELP, CONFIG_VERSION, CONFIG_WRONG };

#define CONFIG_ERROR_BYTES 256

/*
 * Reads environment and arguments into *config, whose texts stay where they
 * were. On CONFIG_WRONG, error says which option and what it takes.
 */
enum config_action config_read(struct config *config, int argc, char *const *argv,
                               char error[CONFIG_ERROR_BYTES]) MUST_CHECK;

void config_print_help(FILE *out);

#endif
