/* What an upstream is told when it is made: for upstream.h and for the files of the upstream. */
#ifndef UPSTREAM_SETTINGS_H
#define UPSTREAM_SETTINGS_H

#include <stdint.h>

struct upstream_settings {
    const char *local;      /* the name of a feeder: see net/local.h; "": urls count */
    const char *urls;       /* see url.h; it stays, as the next */
    const char *ca_file;    /* PEM; "": those of the system */
    const char *token_file; /* read at each connection; "": no token */
    int64_t heartbeat_ms;
    int64_t report_interval_ms; /* 0: never */
};

#endif
