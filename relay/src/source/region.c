/* Whether the database is a follower, and how late that is. */
#include "source/region.h"

#include "base/log.h"
#include "hub/liveness.h"

void region_begin(struct region *region)
{
    region->can_be_asked = false;
    region->is_follower = false;
}

void region_forget(struct region *region, struct hub *hub)
{
    region_begin(region);
    region->is_late = false;
    region->lag_ms = 0;
    liveness_set_late(hub, false, 0);
}

/* A change is news, and that it still is so is none. */
void region_take(struct region *region, struct hub *hub, bool is_follower, bool is_late,
                 int64_t lag_ms)
{
    if (is_late && !region->is_late)
        log_warn("the database is late: viewers are told so", LOG_NUMBER("lag_ms", lag_ms),
                 LOG_TEXT("hint", "see commentary.stat_region in the follower"));
    else if (!is_late && region->is_late)
        log_info("the database is no longer late", LOG_NUMBER("lag_ms", lag_ms));
    region->is_follower = is_follower;
    region->is_late = is_late;
    region->lag_ms = lag_ms;
    liveness_set_late(hub, is_late, lag_ms);
}
