/*
 * The drain of a relay that stops: it sends every viewer `bye` and closes it, one after
 * the other over some time. Each `bye` has a different time after which to connect again, so
 * that the viewers do not all arrive at the next relay at once.
 */
#ifndef DRAIN_H
#define DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "hub/state.h"

/*
 * Begins the drain. The last viewer is sent `bye` before drain_ms are over, so that it has time to
 * leave. With a successor, which listens on the same port already, viewers may connect again at
 * once, because they are sent `bye` one after the other.
 */
void drain_begin(struct hub *hub, int64_t drain_ms, bool has_successor);

/*
 * Whether the relay drains without a successor. With a successor it still serves requests on
 * connections that are open already, because a proxy may keep them.
 */
bool drain_is_final(const struct hub *hub);

/* At the end of a turn, after new entries were sent: sends the next `bye`s. A viewer that is behind
   gets its `bye` when it has caught up. */
void drain_go_on(struct hub *hub);

/* The time is over: sends `bye` to all remaining viewers. */
void drain_finish(struct hub *hub);

/* From then on the relay only ends what is under way. */
bool drain_is_over(const struct hub *hub);

#endif
