/* The probe: connects, sends one NOTIFY, and is done. */
#include "source/listen/probe.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/watch.h"
#include "source/search/conninfo.h"

struct probe {
    struct probe_settings settings;
    PGconn *conn;
    struct event *io;
    bool is_connected;
    bool is_sent;
};

static void on_io(evutil_socket_t fd, short what, void *context);

static void ignore_message(void *context, const char *message)
{
    (void)context;
    (void)message;
}

static bool probe_watch(struct probe *probe, short events)
{
    return watch_socket(&probe->io, probe->settings.base, PQsocket(probe->conn), events, on_io,
                        probe);
}

static void probe_end(struct probe *probe)
{
    watch_end(&probe->io);
    probe->settings.on_end(probe->settings.context, probe->is_sent);
}

static bool probe_send(struct probe *probe)
{
    char statement[64];

    probe->is_connected = true;
    snprintf(statement, sizeof(statement), "NOTIFY %s", probe->settings.channel);
    return PQsendQuery(probe->conn, statement) && probe_watch(probe, EV_READ);
}

/* False: it cannot. */
static bool probe_connect(struct probe *probe)
{
    watch_end(&probe->io); /* libpq may close the socket: see watch.h */
    switch (PQconnectPoll(probe->conn)) {
    case PGRES_POLLING_READING:
        return probe_watch(probe, EV_READ);
    case PGRES_POLLING_WRITING:
        return probe_watch(probe, EV_WRITE);
    case PGRES_POLLING_OK:
        return probe_send(probe);
    default:
        return false;
    }
}

/* False: nothing more is to come. */
static bool probe_read(struct probe *probe)
{
    PGresult *result;

    if (!PQconsumeInput(probe->conn))
        return false;
    if (PQisBusy(probe->conn))
        return true;
    result = PQgetResult(probe->conn);
    probe->is_sent = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return false;
}

static void on_io(evutil_socket_t fd, short what, void *context)
{
    struct probe *probe = context;

    (void)fd;
    (void)what;
    if (!(probe->is_connected ? probe_read(probe) : probe_connect(probe)))
        probe_end(probe);
}

struct probe *probe_new(const struct probe_settings *settings)
{
    struct probe *probe = calloc(1, sizeof(*probe));
    struct conninfo_host host;

    if (!probe)
        return NULL;
    probe->settings = *settings;
    conninfo_host_of(settings->beside, &host);
    probe->conn = conninfo_connect(settings->conninfo, &host);
    if (!probe->conn || PQstatus(probe->conn) == CONNECTION_BAD || !probe_watch(probe, EV_WRITE)) {
        probe_free(probe);
        return NULL;
    }
    PQsetNoticeProcessor(probe->conn, ignore_message, NULL);
    return probe;
}

void probe_free(struct probe *probe)
{
    if (!probe)
        return;
    watch_end(&probe->io);
    PQfinish(probe->conn);
    free(probe);
}
