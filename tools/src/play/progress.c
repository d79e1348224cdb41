#include "play/progress.h"

#include <stdio.h>

#define WIDTH 30

void progress_show(bool is_wanted, size_t done, size_t all, int64_t left_ms)
{
    int filled = all > 0 ? (int)(done * WIDTH / all) : WIDTH;

    if (!is_wanted)
        return;
    (void)fprintf(stderr, "\r[%.*s%*s] %zu/%zu, the next in %lld s\x1b[K", filled,
                  "##############################", WIDTH - filled, "", done, all,
                  (long long)(left_ms + 999) / 1000);
    (void)fflush(stderr);
}

void progress_clear(bool is_wanted)
{
    if (is_wanted)
        (void)fputs("\r\x1b[K", stderr);
}
