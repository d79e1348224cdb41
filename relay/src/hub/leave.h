/*
 * The relay leaves: every viewer is told `bye` and closed, one after the other over
 * some time, and each is told another time to come back after. So a crowd does not
 * arrive at the next relay all at once.
 */
#ifndef LEAVE_H
#define LEAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hub;

struct leave {
    bool is_on;
    int64_t begun_ms;
    int64_t window_ms;  /* in which all are told */
    uint32_t spread_ms; /* of their retry times */
    int64_t next_ms;    /* when the next few are */
    size_t viewers;     /* when it began */
    size_t told;
};

/* Begins; the last is told some time before drain_ms are over, and has the rest to go. */
void leave_begin(struct hub *hub, int64_t drain_ms);

/* At the end of a turn, after what is new was sent. A viewer that is behind waits. */
void leave_go_on(struct hub *hub);

/* The time is over: tells all who are left. */
void leave_finish(struct hub *hub);

#endif
