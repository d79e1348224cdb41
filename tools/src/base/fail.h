/* Messages of a tool on standard error, and its end with an error. */
#ifndef FAIL_H
#define FAIL_H

#include "base/attr.h"

/* The exit statuses that all tools share; their manual pages list them. */
enum status {
    STATUS_DONE = 0,
    STATUS_FAILED = 1,  /* the tool could not do its work */
    STATUS_USAGE = 2,   /* an option or an operand is wrong */
    STATUS_REFUSED = 3, /* done in part: the server or the relay has refused the rest */
};

/* Writes a line "NAME: message". Text of others in it is made safe for a terminal. */
void fail_say(const char *format, ...) PRINTF_LIKE(1, 2);

/* The same, and ends the program. */
void fail_exit(enum status status, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

#endif
