/* Whether the feed is live, as viewers are told it. */
#include "hub/liveness.h"

#include "base/clock.h"
#include "wire/protocol.h"

/* A document takes entries and nothing else. */
void liveness_tell(struct hub *hub, struct viewer *viewer)
{
    bool is_live = liveness_is_live(hub);

    if (viewer->was_told_live == is_live || viewer->state != VIEWER_READY || viewer->is_document ||
        (is_live && !viewer_has_all(viewer)))
        return;
    viewer->was_told_live = is_live;
    if (is_live)
        protocol_live(&hub->scratch);
    else
        protocol_stale(&hub->scratch,
                       clock_ms() - (hub->feed == HUB_LIVE ? hub->late_ms : hub->lost_ms));
    viewer_say(viewer, frame_end(&hub->scratch));
}

void liveness_tell_late(struct hub *hub, struct viewer *viewer)
{
    if (!viewer->was_told_live || viewer->state != VIEWER_READY)
        return;
    viewer->was_told_live = false;
    protocol_stale(&hub->scratch, 0);
    viewer_say(viewer, frame_end(&hub->scratch));
}

/* The message may choke or close the viewer, which is in another list after that. */
void liveness_tell_all(struct hub *hub)
{
    struct viewer *viewer, *next;

    for (viewer = LIST_FIRST(&hub->viewers.in[VIEWER_READY]); viewer; viewer = next) {
        next = LIST_NEXT(viewer, link);
        liveness_tell(hub, viewer);
    }
}

void liveness_set_late(struct hub *hub, bool is_late, int64_t lag_ms)
{
    bool is_news = is_late != hub->is_late;

    if (is_late && is_news)
        hub->late_ms = clock_ms() - lag_ms;
    hub->is_late = is_late;
    if (is_news)
        liveness_tell_all(hub);
}
