/* A progress bar on standard error, if that is a terminal. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Shows that `done` of `all` steps are done, and that the next one comes in left_ms. */
void progress_show(bool is_wanted, size_t done, size_t all, int64_t left_ms);

/* Removes the bar, before another line is written. */
void progress_clear(bool is_wanted);

#endif
