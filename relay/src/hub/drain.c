/* The drain: telling every viewer to go, over some time. */
#include "hub/drain.h"

#include <event2/util.h>

#include "base/clock.h"
#include "wire/protocol.h"

#define STEP_MS 50         /* each looks through all viewers */
#define SPREAD_MS_MIN 1000 /* also when there is no time to drain */

static void drain_tell(struct hub *hub, struct viewer *viewer)
{
    uint32_t random;

    evutil_secure_rng_get_bytes(&random, sizeof(random));
    protocol_bye(&hub->scratch, hub->drain.spread_ms ? random % hub->drain.spread_ms : 0);
    viewer_say(viewer, frame_end(&hub->scratch));
    viewer_close(viewer, CLOSE_GOING_AWAY);
    hub->drain.told++;
}

/* Over how long viewers come back, counted from when each is told. */
static int64_t drain_spread_ms(int64_t drain_ms, bool has_successor)
{
    if (!has_successor)
        return drain_ms > SPREAD_MS_MIN ? drain_ms : SPREAD_MS_MIN;
    return drain_ms < SPREAD_MS_MIN ? SPREAD_MS_MIN - drain_ms : 0;
}

/* A quarter of the time is for answers to the close frames. */
void drain_begin(struct hub *hub, int64_t drain_ms, bool has_successor)
{
    hub->drain = (struct drain){
        .is_on = true,
        .has_successor = has_successor,
        .begun_ms = clock_ms(),
        .window_ms = drain_ms - drain_ms / 4,
        .spread_ms = (uint32_t)drain_spread_ms(drain_ms, has_successor),
        .viewers = hub->viewer_count,
    };
}

bool drain_is_final(const struct hub *hub)
{
    return hub->drain.is_on && !hub->drain.has_successor;
}

bool drain_is_over(const struct hub *hub)
{
    return hub->drain.is_over;
}

/* How many are to have been told by now: the first at once, and all at the window's end. */
static size_t drain_due(const struct drain *drain, int64_t now_ms)
{
    int64_t passed_ms = now_ms - drain->begun_ms;

    if (passed_ms >= drain->window_ms)
        return drain->viewers;
    return 1 + drain->viewers * (size_t)passed_ms / (size_t)drain->window_ms;
}

void drain_go_on(struct hub *hub)
{
    struct drain *drain = &hub->drain;
    int64_t now_ms = clock_ms();
    struct viewer *viewer, *next;
    size_t due;

    if (!drain->is_on || now_ms < drain->next_ms)
        return;
    drain->next_ms = now_ms + STEP_MS;
    due = drain_due(drain, now_ms);
    for (viewer = LIST_FIRST(&hub->viewers.in[VIEWER_READY]); viewer && drain->told < due;
         viewer = next) {
        next = LIST_NEXT(viewer, link);
        drain_tell(hub, viewer);
    }
}

void drain_finish(struct hub *hub)
{
    struct viewer *viewer;

    hub->drain.is_over = true;
    for (enum viewer_state state = VIEWER_READY; state < VIEWER_CLOSING; state++)
        while ((viewer = LIST_FIRST(&hub->viewers.in[state])))
            drain_tell(hub, viewer);
}
