/*
 * Liveness: the messages `live` and `stale`. `live` means that a viewer has been sent all entries
 * that it missed, so it is sent only after these entries.
 */
#ifndef LIVENESS_H
#define LIVENESS_H

#include "hub/state.h"

/* Whether viewers are sent `live` (true) or `stale`. */
static inline bool liveness_is_live(const struct hub *hub)
{
    return hub->feed == HUB_LIVE && !hub->is_late;
}

/* Sends a viewer `live` or `stale`, if that differs from what it was sent last. */
void liveness_tell(struct hub *hub, struct viewer *viewer);

/* The same to every viewer that can take it; the others are told when they are writable. */
void liveness_tell_all(struct hub *hub);

/* Sends it `stale` though the feed is live, because it has seen entries that are not here yet. */
void liveness_tell_late(struct hub *hub, struct viewer *viewer);

/* The follower is (or is no longer) so late that viewers are sent `stale`, and how late it is. */
void liveness_set_late(struct hub *hub, bool is_late, int64_t lag_ms);

#endif
