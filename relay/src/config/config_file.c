/* Reading the config file: its lines, and what is said of a wrong one. */
#include "config/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX 65536
#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* editors on Windows write it, and nobody sees it */
#define BLANKS " \t\r\f\v"
#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyz-"

/* Bounded: what is named may be a device. */
static char *load(FILE *file, const char **wrong)
{
    char *bytes = malloc(FILE_BYTES_MAX + 1);
    size_t length;

    if (!bytes) {
        *wrong = "out of memory";
        return NULL;
    }
    length = fread(bytes, 1, FILE_BYTES_MAX + 1, file);
    *wrong = ferror(file)                          ? strerror(errno)
             : length > FILE_BYTES_MAX             ? "it is larger than 64 KiB"
             : memchr(bytes, '\0', length) != NULL ? "it is not a text file"
                                                   : NULL;
    if (*wrong) {
        free(bytes);
        return NULL;
    }
    bytes[length] = '\0';
    return bytes;
}

char *config_file_load(const char *path, char error[OPTION_ERROR_BYTES])
{
    FILE *file = fopen(path, "re");
    const char *wrong = NULL;
    char *bytes = NULL;

    if (file) {
        bytes = load(file, &wrong);
        fclose(file);
    } else {
        wrong = strerror(errno);
    }
    if (!bytes)
        snprintf(error, OPTION_ERROR_BYTES, "cannot read the config file %.100s: %s", path, wrong);
    return bytes;
}

static char *trim(char *text)
{
    size_t length;

    text += strspn(text, BLANKS);
    length = strlen(text);
    while (length > 0 && strchr(BLANKS, text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

/* A line that is wrong is not repeated: it may be a connection string that lost its name. */
static bool parse_line(char *line, const char *source, config_file_set *set, void *context,
                       char *error)
{
    char *equals, *name;

    line = trim(line);
    if (*line == '\0' || *line == '#')
        return true;
    equals = strchr(line, '=');
    if (equals)
        *equals = '\0';
    name = trim(line);
    if (!equals || *name == '\0' || name[strspn(name, NAME_LETTERS)] != '\0') {
        snprintf(error, OPTION_ERROR_BYTES, "%s: write \"name = value\", or # before a comment",
                 source);
        return false;
    }
    return set(context, name, trim(equals + 1), source, error);
}

bool config_file_parse(char *bytes, const char *path, config_file_set *set, void *context,
                       char error[OPTION_ERROR_BYTES])
{
    char source[128], *line;

    if (strncmp(bytes, BYTE_ORDER_MARK, sizeof(BYTE_ORDER_MARK) - 1) == 0)
        bytes += sizeof(BYTE_ORDER_MARK) - 1;
    for (int number = 1; (line = strsep(&bytes, "\n")); number++) {
        snprintf(source, sizeof(source), "%.100s:%d", path, number);
        if (!parse_line(line, source, set, context, error))
            return false;
    }
    return true;
}
