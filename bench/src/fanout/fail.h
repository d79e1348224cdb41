/* How the load tool ends when it cannot go on: one line, and exit code 1. */
#ifndef FAIL_H
#define FAIL_H

__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);

#endif
