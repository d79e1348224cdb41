#include "base/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/safe.h"
#include "base/text.h"

static void say(const char *format, va_list arguments)
{
    struct text message = {0}, safe = {0};

    text_print_list(&message, format, arguments);
    safe_add(&safe, message.bytes, message.length);
    (void)fprintf(stderr, "%s: %s\n", program_invocation_short_name, safe.bytes);
    text_free(&message);
    text_free(&safe);
}

void fail_say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void fail_exit(enum status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    exit(status);
}
