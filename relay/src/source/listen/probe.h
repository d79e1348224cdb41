/*
 * The probe: does a notification reach a session behind a pooler?
 *
 * Behind a pooler in transaction mode LISTEN succeeds, and then nothing comes: the
 * session that LISTENs is handed to others. That cannot be seen from one connection,
 * so a second one, the probe, sends a notification; in session mode the first one
 * hears it. The channel has a random name.
 */
#ifndef PROBE_H
#define PROBE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/attr.h"

#define PROBE_CHANNEL_BYTES 40

struct event_base;
struct probe;

struct probe_settings {
    struct event_base *base;
    const char *conninfo;
    const PGconn *beside; /* the connection that should hear it: to the same address */
    const char *channel;
    /* The notification is on its way, or could not be sent. The probe may be freed then. */
    void (*on_end)(void *context, bool is_sent);
    void *context;
};

/* Another session answers than the one that the connection was made to. */
static inline bool probe_is_needed(const PGconn *conn, int session_pid)
{
    return PQbackendPID(conn) != session_pid;
}

/* NULL: out of memory, or it cannot connect. */
struct probe *probe_new(const struct probe_settings *settings) MUST_CHECK;
void probe_free(struct probe *probe);

#endif
