/* base/fail.c for the fuzz targets: complaints are not printed, and no input may end a program. */
#include "base/fail.h"

#include <stdlib.h>

void fail_say(const char *format, ...)
{
    (void)format;
}

void fail_exit(enum status status, const char *format, ...)
{
    (void)status;
    (void)format;
    abort();
}
