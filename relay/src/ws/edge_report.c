/* Reports of an edge, and of relays below it: it is told in turn how many viewers there are in all.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "door/peer.h"
#include "hub/audience.h"
#include "source/reports.h"
#include "source/source.h"
#include "ws/edge_state.h"
#include "ws/state.h"

/* Fields of a report, in the order of report_relay(). */
enum { RELAY, INTERVAL, MATCHES = 15, FOLLOWING };

static void add_viewers(void *context, int64_t match_id, int64_t viewers)
{
    link_add_pair(context, match_id, viewers);
}

/* A message that cannot be sent now is not needed: the next report is answered as well. */
static void tell_viewers(struct edge *edge, const struct told_report *report, const char *relay_id)
{
    struct hub *hub = edge->server->hub;
    struct buffer *out;

    audience_note(hub, relay_id, atoll(report->fields[INTERVAL]), report->fields[MATCHES],
                  report->fields[FOLLOWING]);
    if (!hub->settings.tells_viewers || viewer_is_closing(&edge->viewer))
        return;
    out = edge_begin(edge);
    link_add_word(out, LINK_VIEWERS);
    audience_tell(hub, report->fields[MATCHES], add_viewers, out);
    edge_send(edge, out);
}

/* Workers speak in the name of their feeder, so each is told from the others by its connection. */
static bool hear_worker(struct edge *edge, struct link_message *message)
{
    char name[SOURCE_ID_BYTES];

    if (!reports_take_part(edge->server->settings.reports, &edge->part, message))
        return false;
    snprintf(name, sizeof(name), "%016" PRIxPTR, (uintptr_t)edge);
    if (edge->part.newest)
        tell_viewers(edge, edge->part.newest, name);
    return true;
}

bool edge_report_hear(struct edge *edge, struct link_message *message)
{
    struct reports *reports = edge->server->settings.reports;
    const struct told_report *report;

    if (edge->peer->is_local &&
        reports_are_of(message, edge->server->settings.http.source->relay_id))
        return hear_worker(edge, message);
    if (!reports_take(reports, message))
        return false;
    report = reports_newest(reports);
    if (report)
        tell_viewers(edge, report, report->fields[RELAY]);
    return true;
}
