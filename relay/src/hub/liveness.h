/*
 * Liveness: whether the feed is live, as viewers are told it. `live` promises a viewer that
 * it has been sent all that it missed; so it is told only once it has.
 */
#ifndef LIVENESS_H
#define LIVENESS_H

#include "hub/state.h"

/* What viewers are told. */
static inline bool liveness_is_live(const struct hub *hub)
{
    return hub->feed == HUB_LIVE && !hub->is_late;
}

/* Tells a viewer whether the feed is live, if it was told otherwise last. */
void liveness_tell(struct hub *hub, struct viewer *viewer);

/* The same to every viewer that can take it; the others are told when they are writable. */
void liveness_tell_all(struct hub *hub);

/* Tells it `stale` though the feed is live: what is here is older than what it has seen. */
void liveness_tell_late(struct hub *hub, struct viewer *viewer);

/* Whether what comes is so old that viewers are to know, and how old it is. */
void liveness_set_late(struct hub *hub, bool is_late, int64_t lag_ms);

#endif
