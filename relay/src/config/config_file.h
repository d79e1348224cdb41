/*
 * The config file: lines of "name = value".
 *
 *     # a line that begins with # is a comment; an empty line is nothing
 *     listen = 0.0.0.0:8080
 *     database = host=db dbname=live
 *
 * The value is everything after the first =, without the blanks around it; nothing is quoted.
 * Wrong: "listen", "= 8080", "Listen = 8080".
 */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <stdbool.h>

#include "base/attr.h"
#include "config/option.h"

/*
 * Takes one option; source is "FILE:LINE" for error, which has OPTION_ERROR_BYTES.
 * The texts of name and value stay as long as the bytes of the file.
 */
typedef bool config_file_set(void *context, const char *name, const char *value, const char *source,
                             char *error);

/* The whole file, to be freed; NULL, with error, if it cannot be read or is no text. */
char *config_file_load(const char *path, char error[OPTION_ERROR_BYTES]) MUST_CHECK;

/* Cuts the bytes into lines and hands over each option, until one is refused. */
bool config_file_parse(char *bytes, const char *path, config_file_set *set, void *context,
                       char error[OPTION_ERROR_BYTES]) MUST_CHECK;

#endif
