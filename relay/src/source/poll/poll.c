/* Polling: the query, and what becomes of its rows. */
#include "source/poll/poll.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "hub/hub.h"
#include "source/poll/row.h"
#include "stats/stats.h"
#include "wire/message.h"

#define WIDE_EVERY_MS 500
#define WIDE_US 1000000
#define QUIET_MS 3000

/*
 * The first row is of no match: whether the server is a primary, how far it has replayed, and
 * its epoch. Without a time, the entries that are new begin there.
 */
#define STATE                                                                                      \
    "SELECT NULL::bigint AS match_id, (NOT pg_catalog.pg_is_in_recovery())::integer::bigint AS"    \
    " seq, (extract(epoch FROM coalesce(pg_catalog.pg_last_xact_replay_timestamp(),"               \
    " pg_catalog.now())) * 1000000)::bigint AS flushed_us, commentary.epoch() AS body"

static const char first_sql[] = STATE;
static const char poll_sql[] = STATE " UNION ALL SELECT n.match_id, n.seq, n.flushed_us, n.body"
                                     " FROM commentary.flushed_after($1::bigint) AS n";

void poll_begin(struct poll *poll, int64_t interval_ms, bool is_possible)
{
    *poll = (struct poll){.is_possible = is_possible};
    schedule_begin(&poll->schedule, interval_ms);
}

/* Nothing has come for a while: going back would bring the same entries each time. */
static bool must_go_back(struct poll *poll, int64_t now_ms)
{
    if (now_ms < poll->wide_due_ms || now_ms - poll->newest_ms > QUIET_MS)
        return false;
    poll->wide_due_ms = now_ms + WIDE_EVERY_MS;
    return true;
}

static int64_t first_us(struct poll *poll, int64_t now_ms)
{
    int64_t after_us = poll->after_us;

    if (!must_go_back(poll, now_ms))
        return after_us;
    if (poll->replayed_us < after_us)
        after_us = poll->replayed_us;
    return after_us - WIDE_US;
}

bool poll_send(struct poll *poll, PGconn *conn)
{
    char text[24];
    const char *const values[] = {text};
    bool is_first = poll->after_us == 0 || !poll->is_possible;

    schedule_sent(&poll->schedule, clock_ms());
    snprintf(text, sizeof(text), "%" PRId64, first_us(poll, poll->schedule.sent_ms));
    return PQsendQueryParams(conn, is_first ? first_sql : poll_sql, is_first ? 0 : 1, NULL, values,
                             NULL, NULL, 0) &&
           PQsetSingleRowMode(conn);
}

/* Entries of another epoch wait until the hub is in that epoch. */
static void take_state(struct poll *poll, struct hub *hub, const PGresult *row)
{
    poll->is_foreign = strcmp(PQgetvalue(row, 0, 3), hub->epoch) != 0;
    hub->needs_check = hub->needs_check || poll->is_foreign;
    poll->is_primary = row_number_at(row, 1) == 1;
    poll->replayed_us = row_number_at(row, 2);
    if (poll->after_us == 0)
        poll->after_us = poll->replayed_us - WIDE_US;
}

void poll_row(struct poll *poll, struct hub *hub, const PGresult *row)
{
    const char *body = PQgetvalue(row, 0, 3);
    size_t length = (size_t)PQgetlength(row, 0, 3);
    struct hub_entry entry;

    if (PQgetisnull(row, 0, 0)) {
        take_state(poll, hub, row);
        return;
    }
    if (poll->is_foreign)
        return;
    entry = (struct hub_entry){row_number_at(row, 0), row_number_at(row, 1), row_number_at(row, 2),
                               body, length};
    if (entry.flushed_us > poll->after_us) {
        poll->after_us = entry.flushed_us;
        poll->newest_ms = clock_ms();
        stats_came(clock_real_us() - entry.flushed_us);
    }
    if (message_is_entry((struct span){(const uint8_t *)body, length}, entry.match_id, entry.seq))
        hub_take_entry(hub, &entry);
    else
        hub_suspect(hub); /* the table is read, which says what is wrong */
}

void poll_done(struct poll *poll, struct hub *hub)
{
    schedule_done(&poll->schedule, clock_ms());
    if (!poll->is_possible)
        hub_suspect(hub); /* heads are compared, once a second */
}
