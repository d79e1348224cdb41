/* How a load tool ends when it cannot go on: one line, and exit code 1. */
#ifndef FAIL_H
#define FAIL_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static inline __attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, values);
    fprintf(stderr, "\n");
    va_end(values);
    exit(1);
}

#endif
