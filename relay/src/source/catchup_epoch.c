/* What catching up does with the epoch, in the answer to a check or of what is read. */
#include <string.h>

#include "hub/hub.h"
#include "source/catchup.h"

static void leave_epoch(struct catchup *catchup)
{
    memcpy(catchup->left[catchup->next_left], catchup->hub->epoch, sizeof(catchup->left[0]));
    catchup->next_left = (catchup->next_left + 1) % CATCHUP_EPOCHS;
}

static bool has_left_epoch(const struct catchup *catchup, const char *epoch)
{
    for (size_t i = 0; i < CATCHUP_EPOCHS; i++)
        if (strcmp(catchup->left[i], epoch) == 0)
            return true;
    return false;
}

/*
 * A database without an epoch is new: entries come with the first epoch, and a viewer that
 * began before it would have to begin again. A standby in an epoch that the relay has left
 * is late: it will leave that epoch as well.
 */
static enum source_obstacle obstacle_of(const struct catchup *catchup, const char *epoch)
{
    if (!*epoch)
        return SOURCE_NO_EPOCH;
    if (catchup->source->may_lag && strcmp(epoch, catchup->hub->epoch) != 0 &&
        has_left_epoch(catchup, epoch))
        return SOURCE_OLD_EPOCH;
    return SOURCE_FREE;
}

void catchup_epoch(struct catchup *catchup, const char *epoch)
{
    struct hub *hub = catchup->hub;

    catchup->source->obstacle = obstacle_of(catchup, epoch);
    if (catchup->source->obstacle != SOURCE_FREE) {
        hub_suspect(hub); /* it is asked for again in a second */
        return;
    }
    catchup->has_epoch = true;
    if (*hub->epoch && strcmp(epoch, hub->epoch) != 0)
        leave_epoch(catchup);
    hub_set_epoch(hub, epoch);
}

void catchup_is_of(struct catchup *catchup, const char *epoch)
{
    catchup->is_foreign = strcmp(epoch, catchup->hub->epoch) != 0;
}
