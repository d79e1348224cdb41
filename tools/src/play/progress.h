/* A bar on standard error, for somebody who waits at a terminal. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many steps of all are done; the next comes in so many milliseconds. */
void progress_show(bool is_wanted, size_t done, size_t all, int64_t left_ms);

/* Takes it away, before another line is written. */
void progress_clear(bool is_wanted);

#endif
