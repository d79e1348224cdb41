/* What catching up does with the epoch, in the answer to a check or of what is read. */
#include <string.h>

#include "hub/hub.h"
#include "source/catchup.h"

/*
 * A database without an epoch is new: entries come with the first epoch, and a viewer that
 * began before it would have to begin again. A standby in an epoch that the relay has left
 * is late: it will leave that epoch as well.
 */
static enum source_obstacle obstacle_of(const struct catchup *catchup, const char *epoch)
{
    if (!*epoch)
        return SOURCE_NO_EPOCH;
    if (catchup->hub->may_lag && strcmp(epoch, catchup->hub->epoch) != 0 &&
        lineage_has_left(&catchup->hub->left, epoch))
        return SOURCE_OLD_EPOCH;
    return SOURCE_FREE;
}

bool catchup_is_copied_anew(const struct catchup *catchup)
{
    return catchup->source->obstacle == SOURCE_NO_EPOCH && catchup->hub->may_lag;
}

void catchup_epoch(struct catchup *catchup, const char *epoch)
{
    struct hub *hub = catchup->hub;

    catchup->source->obstacle = obstacle_of(catchup, epoch);
    if (catchup->source->obstacle != SOURCE_FREE) {
        hub_suspect(hub); /* it is asked for again in a second */
        if (catchup_is_copied_anew(catchup))
            catchup->has_epoch = false; /* and nothing else is read */
        return;
    }
    catchup->has_epoch = true;
    hub_set_epoch(hub, epoch);
}

void catchup_is_of(struct catchup *catchup, const char *epoch)
{
    catchup->is_foreign = strcmp(epoch, catchup->hub->epoch) != 0;
}
