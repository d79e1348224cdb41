/* Reports of an edge, and of relays below it: it is told in turn how many viewers there are in all.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
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
    const struct audience_told told = {.relay_id = relay_id,
                                       .interval_ms = atoll(report->fields[INTERVAL]),
                                       .matches = report->fields[MATCHES],
                                       .viewers = report->fields[FOLLOWING],
                                       .via = edge};
    struct hub *hub = edge->server->hub;
    struct buffer *out;

    audience_note(hub, &told);
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

/* This relay or one above it: no relay below can be that. */
static bool is_above(const struct source *source, const char *relay_id)
{
    return strcmp(source->relay_id, relay_id) == 0 || strstr(source->path, relay_id);
}

/* A relay that goes up by two ways moves from one to the other; any other has taken the name. */
static bool may_use_name(struct edge *edge, const char *relay_id)
{
    bool is_news;

    if (audience_may_note(edge->server->hub, relay_id, edge, &is_news))
        return true;
    if (is_news)
        log_info("a relay reports by two connections: the second has to wait",
                 LOG_TEXT("relay", relay_id),
                 LOG_TEXT("hint", "it has moved; if it goes on, find out who follows this relay"));
    return false;
}

bool edge_report_hear(struct edge *edge, struct link_message *message)
{
    const struct source *source = edge->server->settings.http.source;
    struct reports *reports = edge->server->settings.reports;
    const struct told_report *report;
    char relay_id[REPORT_NAME_BYTES];

    if (edge->peer->is_local && reports_are_of(message, source->relay_id))
        return hear_worker(edge, message);
    if (!reports_read_name(message, relay_id, sizeof(relay_id)) || is_above(source, relay_id))
        return false;
    if (!may_use_name(edge, relay_id))
        return true;
    if (!reports_take(reports, message))
        return false;
    report = reports_newest(reports);
    if (report)
        tell_viewers(edge, report, report->fields[RELAY]);
    return true;
}
