/*
 * commentary-relay: options, build, run, exit code.
 *
 * One process, one thread, one loop. A turn of it: wait, dispatch what came in,
 * and then send out everything that is new. With --workers there are several such
 * processes, and one more that looks after them.
 */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "auth.h"
#include "certificate.h"
#include "check.h"
#include "clock.h"
#include "config.h"
#include "evloop.h"
#include "feed.h"
#include "hub.h"
#include "listener.h"
#include "log.h"
#include "notify.h"
#include "privileges.h"
#include "reload.h"
#include "server.h"
#include "settings.h"
#include "stats.h"
#include "supervisor.h"
#include "version.h"

#define TURN_MS_MAX 100  /* the hand of the timing wheel must move */
#define SPARE_FILES 1024 /* besides those of viewers: the database, HTTP, who is not in yet */
#define STATUS_EVERY_MS 5000

enum exit_code {
    EXIT_STOPPED = 0,
    EXIT_RESOURCES = 1,
    EXIT_OPTION = 2,
    EXIT_LISTEN = 3,
    EXIT_REFUSED = 4,
};

struct relay {
    struct config config;
    int argc;
    char **argv;        /* a copy, with what is secret */
    const char *listen; /* as the option says; for workers with the port that was found */
    struct certificate *certificate;
    struct event_base *base;
    struct evloop *loop;
    struct auth *auth; /* NULL: everything is public */
    struct hub hub;
    struct feed *feed;
    struct server *server;
    struct listener *listener;
    struct listener *metrics_listener; /* NULL: /metrics is on the port of viewers */
    struct event *signals[3];
    struct supervisor_settings supervision;
    struct worker_role role;
    struct event *lifeline; /* of a worker: the supervisor is gone */
    int64_t tell_ms;        /* when the service manager is told the status again */
    bool is_stopping;
    int64_t stop_by_ms;
    enum exit_code code;
};

static void relay_stop(struct relay *relay)
{
    if (relay->is_stopping)
        return;
    relay->is_stopping = true;
    relay->stop_by_ms = clock_ms() + relay->config.drain_ms;
    listener_free(relay->listener);
    relay->listener = NULL;
    log_info("stopping", LOG_NUMBER("viewers", relay->hub.viewer_count));
    notify_stopping();
    leave_begin(&relay->hub, relay->config.drain_ms);
}

/* Also of a supervisor, of which server is NULL. */
static void relay_reload(void *context)
{
    struct relay *relay = context;
    const struct reload reload = {.argc = relay->argc,
                                  .argv = relay->argv,
                                  .config = &relay->config,
                                  .certificate = &relay->certificate,
                                  .auth = relay->auth,
                                  .hub = &relay->hub,
                                  .server = relay->server};

    reload_config(&reload);
    relay->supervision.drain_ms = relay->config.drain_ms;
}

static void on_reload(evutil_socket_t number, short what, void *context)
{
    struct relay *relay = context;

    (void)what;
    log_info("signal", LOG_TEXT("name", strsignal((int)number)));
    if (relay->is_stopping)
        return;
    notify_reloading();
    relay_reload(relay);
    notify_ready();
}

/* Whoever says it twice wants no drain. */
static void on_signal(evutil_socket_t number, short what, void *context)
{
    struct relay *relay = context;

    (void)what;
    log_info("signal", LOG_TEXT("name", strsignal((int)number)));
    if (relay->is_stopping)
        relay->stop_by_ms = clock_ms();
    relay_stop(relay);
}

/* The supervisor never says anything: there is something to read once it is gone. */
static void on_supervisor_gone(evutil_socket_t fd, short what, void *context)
{
    struct relay *relay = context;

    (void)fd;
    (void)what;
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

/*
 * As many descriptors as the viewers need, and no more where the system would give
 * them: libwebsockets 4.1 looks through a table of all of them for each connection.
 * With 20,000 that is 7 % of the time that a connection takes; a million is usual.
 */
static void set_file_limit(const struct config *config)
{
    rlim_t wanted = (rlim_t)config->max_viewers + SPARE_FILES;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warn("cannot set the limit of open files");
}

static bool relay_watch_signals(struct relay *relay)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    size_t count = sizeof(numbers) / sizeof(numbers[0]);

    signal(SIGPIPE, SIG_IGN);
    /* Ignored where libevent does not handle them: one more at the end changes no exit code. */
    for (size_t i = 0; i < count; i++) {
        signal(numbers[i], SIG_IGN);
        if (relay->role.number > 0 && numbers[i] == SIGINT)
            continue; /* a terminal says it to all its processes; the supervisor passes it on */
        relay->signals[i] = evsignal_new(relay->base, numbers[i],
                                         numbers[i] == SIGHUP ? on_reload : on_signal, relay);
        if (!relay->signals[i] || event_add(relay->signals[i], NULL) != 0)
            return false;
    }
    return true;
}

static bool relay_watch_supervisor(struct relay *relay)
{
    if (relay->role.number == 0)
        return true;
    relay->lifeline = event_new(relay->base, relay->role.channel, EV_READ | EV_PERSIST,
                                on_supervisor_gone, relay);
    return relay->lifeline && event_add(relay->lifeline, NULL) == 0;
}

static bool relay_build(struct relay *relay)
{
    const struct config *config = &relay->config;
    struct hub_settings hub_settings = settings_of_hub(config);
    const struct feed_settings feed_settings = {
        .conninfo = config->database,
        .heartbeat_ms = config->heartbeat_ms,
        .report_interval_ms = config->report_interval_ms,
        .on_refused = on_refused,
        .context = relay,
    };
    struct server_settings server_settings = settings_of_server(config, relay->certificate);

    hub_settings.auth = relay->auth;
    relay_stats.started_s = clock_real_s();
    relay->base = event_base_new();
    relay->loop = relay->base ? evloop_new(relay->base) : NULL;
    if (!relay->loop || !relay_watch_signals(relay) || !relay_watch_supervisor(relay) ||
        !hub_init(&relay->hub, &hub_settings))
        return false;
    relay->feed = feed_new(relay->base, &relay->hub, &feed_settings);
    if (!relay->feed)
        return false;
    server_settings.http.base = relay->base;
    server_settings.http.feed = relay->feed;
    server_settings.http.has_metrics_port = *config->metrics_listen != 0;
    relay->server = server_new(relay->loop, &relay->hub, &server_settings);
    return relay->server != NULL;
}

/* Each worker has metrics of its own, on a port of its own: the first on the one that was asked
 * for. */
static void relay_set_metrics_address(const struct relay *relay,
                                      char address[LISTENER_ADDRESS_BYTES])
{
    char *colon;
    int port;

    snprintf(address, LISTENER_ADDRESS_BYTES, "%s", relay->config.metrics_listen);
    colon = strrchr(address, ':');
    port = colon ? atoi(colon + 1) : 0;
    if (port > 0 && relay->role.number > 1)
        snprintf(colon + 1, (size_t)(address + LISTENER_ADDRESS_BYTES - colon - 1), "%d",
                 port + relay->role.number - 1);
}

static struct listener *relay_open(struct relay *relay, const char *address,
                                   listener_accept *accept, const char *what)
{
    char error[LISTENER_ERROR_BYTES];
    bool is_shared = relay->role.number > 0;
    struct listener *listener =
        listener_new(relay->base, address, is_shared, accept, relay->server, error);

    if (!listener) {
        fprintf(stderr, RELAY_NAME ": %s\n", error);
        return NULL;
    }
    log_info(what, LOG_TEXT("address", address), LOG_NUMBER("port", listener_port(listener)));
    return listener;
}

static bool relay_listen(struct relay *relay)
{
    char address[LISTENER_ADDRESS_BYTES];

    if (*relay->config.metrics_listen) {
        relay_set_metrics_address(relay, address);
        relay->metrics_listener =
            relay_open(relay, address, server_accept_metrics, "listening for metrics");
        if (!relay->metrics_listener)
            return false;
    }
    relay->listener = relay_open(relay, relay->listen, server_accept, "listening");
    if (!relay->listener)
        return false;
    return true;
}

static bool relay_is_done(const struct relay *relay)
{
    return relay->is_stopping && (relay->hub.viewer_count == 0 || clock_ms() >= relay->stop_by_ms);
}

static void relay_tell_status(struct relay *relay)
{
    const char *state;
    char text[NOTIFY_STATUS_BYTES];

    notify_turn();
    if (clock_ms() < relay->tell_ms)
        return;
    relay->tell_ms = clock_ms() + STATUS_EVERY_MS;
    if (feed_is_live(relay->feed, &state))
        state = "the feed is live";
    snprintf(text, sizeof(text), "%zu viewers; %s", relay->hub.viewer_count,
             relay->is_stopping ? "stopping" : state);
    notify_status(text);
}

static void relay_run(struct relay *relay)
{
    feed_start(relay->feed);
    while (!relay_is_done(relay)) {
        evloop_turn(relay->loop, TURN_MS_MAX);
        hub_turn_end(&relay->hub);
        feed_turn_end(relay->feed);
        server_turn_end(relay->server);
        relay_tell_status(relay);
    }
    leave_finish(&relay->hub);
}

/* From the top down: a viewer leaves its topics when its connection is closed. */
static void relay_free(struct relay *relay)
{
    if (relay->listener)
        listener_free(relay->listener);
    if (relay->metrics_listener)
        listener_free(relay->metrics_listener);
    if (relay->server)
        server_free(relay->server);
    if (relay->feed)
        feed_free(relay->feed);
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

static enum exit_code option_is_wrong(const char *error)
{
    fprintf(stderr, RELAY_NAME ": %s\n", error);
    return EXIT_OPTION;
}

/* Once the port is open and all files are read, and before anybody is listened to. */
static bool relay_drop_privileges(const struct relay *relay, char error[PRIVILEGES_ERROR_BYTES])
{
    const char *user = relay->config.user;
    struct identity identity;

    if (*user && (!privileges_find(user, &identity, error) || !privileges_drop(&identity, error)))
        return false;
    if (privileges_are_roots())
        log_warn("running as root", LOG_TEXT("hint", "name another user with --user"));
    privileges_gain_no_more();
    return true;
}

static enum exit_code relay_work(struct relay *relay)
{
    char error[PRIVILEGES_ERROR_BYTES];

    set_file_limit(&relay->config);
    if (!relay_build(relay)) {
        log_error("cannot start: out of memory or descriptors");
        return EXIT_RESOURCES;
    }
    if (!relay_listen(relay))
        return EXIT_LISTEN;
    if (!relay_drop_privileges(relay, error))
        return option_is_wrong(error);
    notify_ready();
    relay_run(relay);
    return relay->code;
}

static bool is_final(int code)
{
    return code == EXIT_OPTION || code == EXIT_LISTEN || code == EXIT_REFUSED;
}

/* Also returns in each worker, which has nothing to do here but to be one. */
static enum exit_code relay_supervise(struct relay *relay)
{
    static char address[LISTENER_ADDRESS_BYTES]; /* what relay->listen points to */
    char error[LISTENER_ERROR_BYTES];
    int reserved = listener_reserve(relay->config.listen, address, error), code;

    if (reserved < 0) {
        fprintf(stderr, RELAY_NAME ": %s\n", error);
        return EXIT_LISTEN;
    }
    relay->listen = address;
    relay->supervision = (struct supervisor_settings){
        (int)relay->config.workers, relay->config.drain_ms, is_final, relay_reload, relay};
    code = supervisor_run(&relay->supervision, &relay->role);
    close(reserved);
    if (relay->role.number == 0)
        return (enum exit_code)code;
    log_set_worker(relay->role.number);
    notify_init_with(relay->role.channel, notify_watchdog_ms());
    return relay_work(relay);
}

static enum exit_code relay_main(struct relay *relay, bool is_check)
{
    char error[CHECK_ERROR_BYTES];

    if (!check_config(&relay->config, error) ||
        !check_certificate(&relay->config, &relay->certificate, error) ||
        !check_tokens(&relay->config, &relay->auth, error))
        return option_is_wrong(error);
    if (is_check) {
        config_print(&relay->config, stdout);
        return EXIT_STOPPED;
    }
    log_set_level((enum log_level)relay->config.log_level);
    log_set_format((enum log_format)relay->config.log_format);
    notify_init();
    signal(SIGHUP, SIG_IGN); /* until it is watched: what there is to read has just been read */
    relay->listen = relay->config.listen;
    return relay->config.workers > 1 ? relay_supervise(relay) : relay_work(relay);
}

/* False: memory ran out. */
static bool relay_keep_arguments(struct relay *relay, int argc, char **argv)
{
    relay->argc = argc;
    relay->argv = calloc((size_t)argc + 1, sizeof(*relay->argv));
    for (int i = 0; relay->argv && i < argc; i++)
        if (!(relay->argv[i] = strdup(argv[i])))
            return false;
    return relay->argv != NULL;
}

static void relay_free_arguments(struct relay *relay)
{
    for (int i = 0; i < relay->argc; i++)
        free(relay->argv[i]);
    free(relay->argv);
}

int main(int argc, char **argv)
{
    static struct relay relay;
    char error[OPTION_ERROR_BYTES];
    enum config_action action;
    enum exit_code code = EXIT_OPTION;

    if (!relay_keep_arguments(&relay, argc, argv))
        return EXIT_RESOURCES;
    config_conceal(argc, argv);
    action = config_read(&relay.config, argc, relay.argv, error);
    switch (action) {
    case CONFIG_HELP:
        config_print_help(stdout);
        code = EXIT_STOPPED;
        break;
    case CONFIG_VERSION:
        puts(RELAY_NAME " " RELAY_VERSION);
        code = EXIT_STOPPED;
        break;
    case CONFIG_WRONG:
        fprintf(stderr, RELAY_NAME ": %s\nTry --help.\n", error);
        break;
    case CONFIG_CHECK:
    case CONFIG_RUN:
        code = relay_main(&relay, action == CONFIG_CHECK);
        relay_free(&relay);
        break;
    }
    config_free(&relay.config);
    relay_free_arguments(&relay);
    return code;
}
