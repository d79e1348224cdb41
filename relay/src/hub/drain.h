/*
 * The drain of a relay that stops: it tells every viewer `bye` and closes it, one after
 * the other over some time, and gives each another time after which to come back. So a
 * crowd does not arrive at the next relay all at once.
 */
#ifndef DRAIN_H
#define DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "hub/state.h"

/*
 * Begins; the last viewer is told some time before drain_ms are over, and has the rest to go.
 * With a successor, which listens on the same port already, viewers come back at once: that
 * they are told one after the other is enough.
 */
void drain_begin(struct hub *hub, int64_t drain_ms, bool has_successor);

/*
 * The relay stops, and nobody takes its place. With a successor it serves on what comes on
 * connections that are open already: a proxy keeps them, and is to notice nothing.
 */
bool drain_is_final(const struct hub *hub);

/* At the end of a turn, after what is new was sent. A viewer that is behind waits. */
void drain_go_on(struct hub *hub);

/* The time is over: tells all viewers that are left. */
void drain_finish(struct hub *hub);

/* From then on the relay only ends what is under way. */
bool drain_is_over(const struct hub *hub);

#endif
