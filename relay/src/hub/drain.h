/*
 * The drain of a relay that stops: it tells every viewer `bye` and closes it, one after
 * the other over some time, and gives each another time after which to come back. So a
 * crowd does not arrive at the next relay all at once.
 */
#ifndef DRAIN_H
#define DRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hub;

struct drain {
    bool is_on;
    int64_t begun_ms;
    int64_t window_ms;  /* in which all are told */
    uint32_t spread_ms; /* of their retry times */
    int64_t next_ms;    /* when the next few are */
    size_t viewers;     /* when it began */
    size_t told;
};

/* Begins; the last is told some time before drain_ms are over, and has the rest to go. */
void drain_begin(struct hub *hub, int64_t drain_ms);

/* At the end of a turn, after what is new was sent. A viewer that is behind waits. */
void drain_go_on(struct hub *hub);

/* The time is over: tells all who are left. */
void drain_finish(struct hub *hub);

#endif
