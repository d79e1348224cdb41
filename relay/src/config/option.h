/*
 * One option: what its value may be, and how that is read and written.
 */
#ifndef OPTION_H
#define OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define SECOND INT64_C(1000)

enum option_kind {
    KIND_TEXT,
    KIND_SECRET,
    KIND_COUNT,
    KIND_BYTES,
    KIND_DURATION,
    KIND_LEVEL,
    KIND_FORMAT,
    KIND_SOURCE,
    KIND_SWITCH
};

/* What feeds the relay: `--source`. */
enum source_kind {
    SOURCE_AUTO,   /* a standby that is named alone is polled; else a primary is listened to */
    SOURCE_LISTEN, /* a primary */
    SOURCE_POLL,   /* any server that answers is polled, also once it is a primary */
};

/* Where the right thing depends on other options: `--feeder`. */
enum switch_kind { SWITCH_AUTO, SWITCH_ON, SWITCH_OFF };

struct option {
    const char *name; /* without the two dashes */
    const char *argument;
    const char *variable;
    const char *fallback;
    const char *help;
    size_t offset; /* in the values of all: a const char * for texts and secrets, else an int64_t */
    int64_t min, max; /* of a number */
    enum option_kind kind;
};

#define OPTION_ERROR_BYTES 256

/*
 * Reads the text into its place in *values, which owns a copy of it if that is a
 * text. If it is wrong, error begins with the source (a flag, a variable, a line)
 * and says what that takes.
 */
bool option_set(const struct option *option, void *values, const char *text, const char *source,
                char error[OPTION_ERROR_BYTES]) MUST_CHECK;

/* Whether both say the same of it; and each takes over what the other says. */
bool option_is_same(const struct option *option, const void *a, const void *b) MUST_CHECK;
void option_swap(const struct option *option, void *a, void *b);

/* Frees a text, and zeroes it. */
void option_free(const struct option *option, void *values);

/* Writes "name = value", as a config file has it; of a secret, only whether it is set. */
void option_print(const struct option *option, const void *values, FILE *out);

#endif
