/*
 * Whether options can be right: what each says taken alone, the files that they name,
 * and what belongs together. Asked before a relay starts, and before one that runs
 * takes over other options.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>

#include "base/attr.h"
#include "config/config.h"

struct auth;
struct certificate;

#define CHECK_ERROR_BYTES 640

/* False, with error, an option and what to do: one is wrong. */
bool check_config(const struct config *config, char error[CHECK_ERROR_BYTES]) MUST_CHECK;

/*
 * Hands over the certificate of options that are right otherwise; it is the caller's,
 * and NULL without TLS. False, with error: something is wrong with its files.
 */
bool check_certificate(const struct config *config, struct certificate **certificate,
                       char error[CHECK_ERROR_BYTES]) MUST_CHECK;

/* The same for the keys of tokens; NULL: everything is public. The texts of the options stay. */
bool check_tokens(const struct config *config, struct auth **auth,
                  char error[CHECK_ERROR_BYTES]) MUST_CHECK;

#endif
