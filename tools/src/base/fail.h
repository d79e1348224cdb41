/* What a tool says on standard error, and how it ends when it cannot go on. */
#ifndef FAIL_H
#define FAIL_H

#include "base/attr.h"

/* The exit statuses that all tools share; their manual pages list them. */
enum status {
    STATUS_DONE = 0,
    STATUS_FAILED = 1,  /* what was asked could not be done */
    STATUS_USAGE = 2,   /* an option or an operand is wrong */
    STATUS_REFUSED = 3, /* done in part: something was refused */
};

/* "NAME: message", on a line of its own. What others wrote in it is made safe for a terminal. */
void fail_say(const char *format, ...) PRINTF_LIKE(1, 2);

/* Says it and ends the program. */
void fail_exit(enum status status, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

#endif
