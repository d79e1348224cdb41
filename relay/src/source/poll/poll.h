/*
 * Polling: how a session hears of new entries where it cannot LISTEN, on a hot standby.
 *
 * One cheap query, again and again: the entries that were flushed after the newest one that
 * is known. The flusher is one process, and a standby shows its transactions in their order,
 * so that nothing else is looked at. Now and then the query goes back a second, and to where
 * the standby stands, if that is less: clocks step, and another server may be the primary
 * now. Entries that come again are dropped by their seq; what is missed all the same is
 * found by the heartbeat, which compares heads.
 */
#ifndef POLL_H
#define POLL_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "source/poll/schedule.h"

struct hub;

struct poll {
    struct schedule schedule;
    bool is_possible;    /* the extension has the function for it, and we may call it */
    bool is_primary;     /* said by the last answer: the standby has been promoted */
    bool is_foreign;     /* said by the answer under way: it is of another epoch */
    int64_t wide_due_ms; /* when the next query has to go back */
    int64_t newest_ms;   /* when the newest entry came, by our clock */
    int64_t after_us;    /* flushed_at of the newest entry, since 1970; 0: not known */
    int64_t replayed_us; /* how far the standby has come; 0: not known */
};

/* Another connection. */
void poll_begin(struct poll *poll, int64_t interval_ms, bool is_possible);

/* False: it cannot be sent. */
bool poll_send(struct poll *poll, PGconn *conn) MUST_CHECK;

/* One row of the answer, and its end. */
void poll_row(struct poll *poll, struct hub *hub, const PGresult *row);
void poll_done(struct poll *poll, struct hub *hub);

#endif
