/*
 * Whether options are right: each by itself, the files that they name, and options that
 * belong together. Checked before a relay starts, and before a running relay takes over
 * other options.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>

#include "base/attr.h"
#include "config/config.h"

struct auth;
struct certificate;

#define CHECK_ERROR_BYTES 640

/* False: an option is wrong; error names it and says what to do. */
bool check_config(const struct config *config, char error[CHECK_ERROR_BYTES]) MUST_CHECK;

/*
 * Loads the certificate of checked options; the caller owns it. NULL without TLS. False, with
 * error: something is wrong with its files.
 */
bool check_certificate(const struct config *config, struct certificate **certificate,
                       char error[CHECK_ERROR_BYTES]) MUST_CHECK;

/* The same for the keys of tokens; NULL: everything is public. The texts of the options stay. */
bool check_tokens(const struct config *config, struct auth **auth,
                  char error[CHECK_ERROR_BYTES]) MUST_CHECK;

#endif
