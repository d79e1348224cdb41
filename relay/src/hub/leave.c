/* Saying goodbye to everybody, in some order, over some time. */
#include "hub/leave.h"

#include <event2/util.h>

#include "base/clock.h"
#include "hub/hub.h"

#define STEP_MS 50         /* each looks through all viewers */
#define SPREAD_MS_MIN 1000 /* also when there is no time to drain */

static void leave_tell(struct hub *hub, struct viewer *viewer)
{
    uint32_t random;

    evutil_secure_rng_get_bytes(&random, sizeof(random));
    protocol_bye(&hub->scratch, random % hub->leave.spread_ms);
    viewer_say(viewer, frame_end(&hub->scratch));
    viewer_close(viewer, CLOSE_GOING_AWAY);
    hub->leave.told++;
}

/* A quarter of the time is for answers to the close frames. */
void leave_begin(struct hub *hub, int64_t drain_ms)
{
    hub->leave = (struct leave){
        .is_on = true,
        .begun_ms = clock_ms(),
        .window_ms = drain_ms - drain_ms / 4,
        .spread_ms = (uint32_t)(drain_ms > SPREAD_MS_MIN ? drain_ms : SPREAD_MS_MIN),
        .viewers = hub->viewer_count,
    };
}

/* How many are to have been told by now: the first at once, and all at the window's end. */
static size_t leave_due(const struct leave *leave, int64_t now_ms)
{
    int64_t passed_ms = now_ms - leave->begun_ms;

    if (passed_ms >= leave->window_ms)
        return leave->viewers;
    return 1 + leave->viewers * (size_t)passed_ms / (size_t)leave->window_ms;
}

void leave_go_on(struct hub *hub)
{
    struct leave *leave = &hub->leave;
    int64_t now_ms = clock_ms();
    struct viewer *viewer;
    size_t due;

    if (!leave->is_on || now_ms < leave->next_ms)
        return;
    leave->next_ms = now_ms + STEP_MS;
    due = leave_due(leave, now_ms);
    LIST_FOREACH (viewer, &hub->viewers, link) {
        if (leave->told >= due)
            return;
        if (viewer->close_code == CLOSE_NONE && !viewer->is_choked)
            leave_tell(hub, viewer);
    }
}

void leave_finish(struct hub *hub)
{
    struct viewer *viewer;

    LIST_FOREACH (viewer, &hub->viewers, link)
        if (viewer->close_code == CLOSE_NONE)
            leave_tell(hub, viewer);
}
