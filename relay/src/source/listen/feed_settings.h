/* What a feed is told when it is made: for feed.h and for the files of the feed. */
#ifndef FEED_SETTINGS_H
#define FEED_SETTINGS_H

#include <stdint.h>

#include "config/option.h"

struct feed_settings {
    const char *conninfo; /* the caller keeps it; never logged */
    enum source_kind kind;
    int64_t poll_interval_ms;
    int64_t heartbeat_ms;
    int64_t report_interval_ms; /* 0: never */
    /* The database refuses this relay for good, before the first success. */
    void (*on_refused)(void *context);
    void *context;
};

#endif
