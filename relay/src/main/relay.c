/* The relay, from its parts to its end. */
#include "main/relay.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "hub/drain.h"
#include "main/ports.h"
#include "main/reload.h"
#include "main/settings.h"
#include "net/certificate.h"
#include "net/evloop.h"
#include "source/catchup.h"
#include "source/listen/feed.h"
#include "source/source.h"
#include "source/upstream/upstream.h"
#include "stats/stats.h"
#include "supervisor/predecessors.h"
#include "supervisor/service_manager.h"
#include "token/auth.h"
#include "ws/server.h"

#define TURN_MS_MAX 100 /* the hand of the timing wheel must move */
#define STATUS_EVERY_MS 5000
#define LISTEN_PATIENCE_MS 10000
/*
 * Beyond the drain: for requests that are under way, and for the feeder, which the workers need
 * until they have answered these. The supervisor kills what is left after GRACE_MS.
 */
#define REQUEST_GRACE_MS 3000
#define FEEDER_GRACE_MS 4000

/* ---- what it is told ---- */

/*
 * A feeder sends nobody away: it serves its workers until they have gone, which takes them as
 * long as the drain.
 */
static bool relay_serves_on(struct relay *relay)
{
    if (!relay->is_feeder)
        return false;
    relay->stop_by_ms += FEEDER_GRACE_MS;
    relay->grace_ms = 0;
    log_info("stopping: once the workers have ended");
    return true;
}

static void relay_begin_drain(struct relay *relay)
{
    relay->is_stopping = true;
    relay->stop_by_ms = clock_ms() + relay->config.drain_ms;
    relay->grace_ms = REQUEST_GRACE_MS;
    ports_close_listeners(relay);
}

static void relay_stop(struct relay *relay)
{
    if (relay->is_stopping)
        return;
    relay_begin_drain(relay);
    service_manager_stopping();
    if (relay_serves_on(relay))
        return;
    log_info("stopping", LOG_NUMBER("viewers", relay->hub.viewer_count));
    drain_begin(&relay->hub, relay->config.drain_ms, false);
}

/* The worker of another program listens on the same sockets: viewers may go there at once. */
static void relay_retire(struct relay *relay)
{
    if (relay->is_stopping)
        return;
    relay->is_retiring = true;
    relay_begin_drain(relay);
    ports_close_metrics(relay);
    if (relay_serves_on(relay))
        return;
    log_info("another program listens: retiring", LOG_NUMBER("viewers", relay->hub.viewer_count));
    drain_begin(&relay->hub, relay->config.drain_ms, true);
}

/* The supervisor of a single worker reads the same options, and logs nothing of them. */
void relay_reload(void *context)
{
    struct relay *relay = context;
    const struct reload reload = {.argc = relay->argc,
                                  .argv = relay->argv,
                                  .config = &relay->config,
                                  .certificate = &relay->certificate,
                                  .auth = relay->auth,
                                  .hub = &relay->hub,
                                  .server = relay->server};

    log_set_quiet(!relay->server && relay->config.workers == 1);
    reload_config(&reload);
    log_set_quiet(false);
    relay->supervision.drain_ms = relay->config.drain_ms;
}

static void on_reload(evutil_socket_t number, short what, void *context)
{
    struct relay *relay = context;

    (void)what;
    log_info("signal", LOG_TEXT("name", strsignal((int)number)));
    if (relay->is_stopping)
        return;
    service_manager_reloading();
    relay_reload(relay);
    service_manager_ready();
}

/* A second signal means: no drain, and no time for requests. */
static void on_signal(evutil_socket_t number, short what, void *context)
{
    struct relay *relay = context;

    (void)what;
    log_info("signal", LOG_TEXT("name", strsignal((int)number)));
    if (relay->is_stopping) {
        relay->stop_by_ms = clock_ms();
        relay->grace_ms = 0;
    }
    relay_stop(relay);
}

/* The supervisor says one thing here; or it is gone, and nobody is at the other end. */
static void on_supervisor(evutil_socket_t fd, short what, void *context)
{
    static const char retire[] = RETIRE_MESSAGE;
    struct relay *relay = context;
    char said[sizeof(retire)];
    ssize_t length = recv((int)fd, said, sizeof(said), MSG_DONTWAIT);

    (void)what;
    if (length > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR))) {
        if (length == sizeof(retire) - 1 && memcmp(said, retire, sizeof(retire) - 1) == 0)
            relay_retire(relay);
        return;
    }
    log_error("the supervisor is gone: ending as well");
    event_del(relay->lifeline);
    relay_stop(relay);
}

static void on_refused(void *context)
{
    struct relay *relay = context;

    relay->code = EXIT_REFUSED;
    relay->is_stopping = true;
    relay->stop_by_ms = clock_ms();
}

/* ---- building ---- */

/* While libevent does not handle the signal: one more at the end changes no exit code. */
static void on_late_signal(int number)
{
    (void)number;
}

/*
 * Signals are blocked until all is in place; those that come meanwhile are handled then.
 * SIG_IGN would throw away pending signals.
 */
static bool relay_watch_signals(struct relay *relay)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    size_t count = sizeof(numbers) / sizeof(numbers[0]);
    sigset_t watched;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&watched);
    for (size_t i = 0; i < count; i++)
        sigaddset(&watched, numbers[i]);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    for (size_t i = 0; i < count; i++) {
        signal(numbers[i], on_late_signal);
        if (relay->role.number > 0 && numbers[i] == SIGINT)
            continue; /* a terminal signals all its processes; the supervisor passes it on */
        relay->signals[i] = evsignal_new(relay->base, numbers[i],
                                         numbers[i] == SIGHUP ? on_reload : on_signal, relay);
        if (!relay->signals[i] || event_add(relay->signals[i], NULL) != 0)
            return false;
    }
    sigprocmask(SIG_UNBLOCK, &watched, NULL);
    return true;
}

static bool relay_watch_supervisor(struct relay *relay)
{
    if (relay->role.number == 0)
        return true;
    relay->lifeline =
        event_new(relay->base, relay->role.channel, EV_READ | EV_PERSIST, on_supervisor, relay);
    return relay->lifeline && event_add(relay->lifeline, NULL) == 0;
}

static struct source *follow_relay(struct relay *relay)
{
    const struct config *config = &relay->config;
    const struct upstream_settings settings = {
        .local = relay->is_feeder ? "" : relay->local_name,
        .urls = config->upstream,
        .ca_file = config->upstream_ca,
        .token_file = config->upstream_token,
        .heartbeat_ms = config->heartbeat_ms,
        .report_interval_ms = config->report_interval_ms,
    };

    return upstream_new(relay->base, relay->loop, &relay->hub, &settings);
}

static struct source *follow_database(struct relay *relay)
{
    const struct config *config = &relay->config;
    const struct feed_settings settings = {
        .conninfo = config->database,
        .kind = (enum source_kind)config->source,
        .poll_interval_ms = config->poll_interval_ms,
        .heartbeat_ms = config->heartbeat_ms,
        .report_interval_ms = config->report_interval_ms,
        .on_refused = on_refused,
        .context = relay,
    };

    return feed_new(relay->base, &relay->hub, &settings);
}

bool relay_build(struct relay *relay)
{
    const struct config *config = &relay->config;
    struct hub_settings hub_settings = settings_of_hub(config);
    struct server_settings server_settings = settings_of_server(config, relay->certificate);

    hub_settings.auth = relay->auth;
    relay_stats.started_s = clock_real_s();
    relay_stats.worker_restarts = (uint64_t)relay->role.restarts;
    relay->base = event_base_new();
    relay->loop = relay->base ? evloop_new(relay->base) : NULL;
    if (!relay->loop || !relay_watch_signals(relay) || !relay_watch_supervisor(relay) ||
        !hub_init(&relay->hub, &hub_settings))
        return false;
    relay->is_follower = *config->upstream || (*relay->local_name && !relay->is_feeder);
    relay->source = relay->is_follower ? follow_relay(relay) : follow_database(relay);
    if (!relay->source)
        return false;
    relay->source->is_feeder = relay->is_feeder;
    server_settings.http.source = relay->source;
    server_settings.reports = &relay->source->reports;
    server_settings.http.has_metrics_port = *config->metrics_listen != 0;
    relay->server = server_new(relay->loop, &relay->hub, &server_settings);
    return relay->server &&
           (!relay->is_follower || upstream_attach(relay->source, server_context(relay->server)));
}

/* ---- running ---- */

/* The drain is over. Viewers, and connections that ask for nothing, are not waited for. */
static bool relay_has_requests(struct relay *relay)
{
    if (clock_ms() >= relay->stop_by_ms + relay->grace_ms || !server_is_asked(relay->server))
        return false;
    if (!drain_is_over(&relay->hub)) {
        log_info("the drain is over: answering the requests that are under way");
        drain_finish(&relay->hub);
    }
    return true;
}

/* A relay that retires also waits for connections that a request may come on: nobody is to notice.
 */
static bool relay_is_done(struct relay *relay)
{
    if (!relay->is_stopping)
        return false;
    if (clock_ms() >= relay->stop_by_ms)
        return !relay_has_requests(relay);
    return relay->hub.viewer_count == 0 && !server_is_asked(relay->server) &&
           (!relay->is_retiring || server_is_quiet(relay->server));
}

/*
 * The program before serves until this one listens, so that waits for its source: viewers that
 * come are to find their matches. Not for ever, since then the source may be away for both.
 */
static void relay_listen_in_time(struct relay *relay)
{
    const char *reason;

    if (relay->is_listening || relay->is_stopping ||
        (!source_is_live(relay->source, &reason) && clock_ms() < relay->listen_by_ms))
        return;
    if (ports_listen(relay)) {
        service_manager_ready();
        return;
    }
    relay->code = EXIT_LISTEN;
    relay->is_stopping = true;
    relay->stop_by_ms = clock_ms();
}

static void relay_tell_status(struct relay *relay)
{
    const char *state;
    char text[SERVICE_MANAGER_STATUS_BYTES];

    service_manager_turn();
    if (clock_ms() < relay->tell_ms)
        return;
    relay->tell_ms = clock_ms() + STATUS_EVERY_MS;
    if (source_is_live(relay->source, &state))
        state = "the feed is live";
    snprintf(text, sizeof(text), "%zu viewers; %s", relay->hub.viewer_count,
             relay->is_stopping ? "stopping" : state);
    service_manager_status(text);
}

void relay_run(struct relay *relay)
{
    relay->listen_by_ms = clock_ms() + LISTEN_PATIENCE_MS;
    relay->source->ops->start(relay->source);
    while (!relay_is_done(relay)) {
        evloop_turn(relay->loop, TURN_MS_MAX);
        hub_turn_end(&relay->hub);
        catchup_turn_end(relay->source->catchup);
        server_turn_end(relay->server);
        relay_listen_in_time(relay);
        relay_tell_status(relay);
    }
    drain_finish(&relay->hub);
}

/* From the top down: a viewer leaves its topics when its connection is closed. */
void relay_free(struct relay *relay)
{
    ports_close_listeners(relay);
    ports_close_metrics(relay);
    if (relay->source && relay->is_follower)
        upstream_detach(relay->source);
    if (relay->server)
        server_free(relay->server);
    if (relay->source)
        relay->source->ops->stop(relay->source);
    hub_free(&relay->hub);
    auth_free(relay->auth);
    for (size_t i = 0; i < sizeof(relay->signals) / sizeof(relay->signals[0]); i++)
        if (relay->signals[i])
            event_free(relay->signals[i]);
    if (relay->lifeline)
        event_free(relay->lifeline);
    if (relay->loop)
        evloop_free(relay->loop);
    if (relay->base)
        event_base_free(relay->base);
    certificate_free(relay->certificate);
}
