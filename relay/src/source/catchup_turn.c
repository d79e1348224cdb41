/* At the end of each turn of the loop: whether the source is live now, and what it is asked. */
#include "base/clock.h"
#include "hub/hub.h"
#include "source/catchup.h"

#define SUSPECT_EVERY_MS 1000
#define REPORT_PATIENCE_MS 1000
#define REST_PATIENCE_MS 100

/* Also while there is always something else to read. A suspicion brings it forward. */
static void beat(struct source *source)
{
    struct hub *hub = source->hub;
    int64_t now_ms = clock_ms(), last_ms = source->check_due_ms - source->heartbeat_ms;

    if (now_ms >= source->check_due_ms ||
        (hub->is_suspicious && now_ms >= last_ms + SUSPECT_EVERY_MS))
        hub->needs_check = true;
    if (!hub->needs_check)
        return;
    hub->is_suspicious = false;
    source->check_due_ms = now_ms + source->heartbeat_ms;
}

static void try_to_go_live(struct source *source)
{
    const char *hint;

    if (catchup_is_complete(source->catchup))
        source->ops->go_live(source);
    else if (source_waits_for(source, &hint))
        source->ops->wait(source);
}

/* Reads may be waiting all the time, and still the report has to be sent. */
static bool reports(struct source *source, int64_t late_ms)
{
    return source->state == SOURCE_LIVE && source->ops->report(source, late_ms);
}

void catchup_turn_end(struct catchup *catchup)
{
    struct source *source = catchup->source;

    if (source->state < SOURCE_CATCHING_UP || !source->ops->is_free(source))
        return;
    if (source->state == SOURCE_CATCHING_UP)
        try_to_go_live(source);
    beat(source);
    if (reports(source, REPORT_PATIENCE_MS) || source->ops->rest(source, REST_PATIENCE_MS))
        return;
    switch (catchup_send(catchup)) {
    case CATCHUP_IDLE:
        if (!reports(source, 0))
            (void)source->ops->rest(source, 0);
        break;
    case CATCHUP_SENT:
        break;
    case CATCHUP_FAILED:
        source->ops->broken(source);
        break;
    }
}
