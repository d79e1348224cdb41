/*
 * Predecessors: workers of the program that was there before this one took its place. They
 * serve their viewers until the workers of this program listen; then they are told to retire,
 * send their viewers away one after the other, and end.
 *
 * They are heard, killed when they hang, and never replaced.
 */
#ifndef PREDECESSORS_H
#define PREDECESSORS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "supervisor/handover.h"

/* The messages to a worker on its channel: it may be of an older or a newer program. */
#define RETIRE_MESSAGE "RETIRE"

struct predecessor {
    pid_t pid;   /* 0: it has ended */
    int channel; /* -1: none */
    int64_t heard_ms;
};

struct predecessors {
    struct predecessor *all;
    size_t count; /* also of those that have ended */
    size_t alive;
    bool are_told;   /* to retire */
    int64_t kill_ms; /* then: when those that are left are killed */
};

/* False: memory ran out. */
bool predecessors_init(struct predecessors *predecessors,
                       const struct handover *handover) MUST_CHECK;

/* Sends a process the message to retire, once; if it has ended, nothing happens. */
void predecessors_tell(int channel);

/* Tells all to retire, once; those that take longer than that are killed. */
void predecessors_retire(struct predecessors *predecessors, int64_t patience_ms);

/* Sends all of them a signal. */
void predecessors_signal(const struct predecessors *predecessors, int signal_number);

/* Fills in what poll() is to watch, `count` of them; and hears what it has found. */
void predecessors_watch(const struct predecessors *predecessors, struct pollfd *polled);
void predecessors_hear(struct predecessors *predecessors, const struct pollfd *polled);

/* This process was stopped for so long: the silence of workers in that time does not count. */
void predecessors_forgive(struct predecessors *predecessors, int64_t late_ms);

/* Kills those that hang, or take too long. */
void predecessors_check(const struct predecessors *predecessors, int64_t hang_ms);

/* A child has ended. False: it was none of them. */
bool predecessors_reap(struct predecessors *predecessors, pid_t pid, int status) MUST_CHECK;

/* Adds those that are alive. False: there are too many. */
bool predecessors_hand_over(const struct predecessors *predecessors,
                            struct handover *handover) MUST_CHECK;

/* Closes the channels, so that those that are left notice that the supervisor is gone. */
void predecessors_free(struct predecessors *predecessors);

#endif
