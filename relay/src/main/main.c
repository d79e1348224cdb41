/*
 * commentary-relay: options, build, run, exit code. The process that is started is the
 * supervisor of one relay, or of several with --workers.
 */
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/version.h"
#include "config/config.h"
#include "door/listener.h"
#include "main/check.h"
#include "main/ports.h"
#include "main/privileges.h"
#include "main/relay.h"
#include "supervisor/service_manager.h"
#include "supervisor/supervisor.h"

#define LARGE_BYTES (128 * 1024)
#define SPARE_FILES 1024 /* besides those of viewers: the database, HTTP, handshakes */

/*
 * Raises the limit to as many descriptors as the viewers need. It also lowers a higher limit
 * (a million is usual), because libwebsockets 4.1 looks through a table of all descriptors
 * for each connection: with 20,000 that is 7 % of the time of a connection.
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

/*
 * Large blocks, of documents and runs, go back to the system when they are freed. By default
 * malloc raises its bound with each freed block, and keeps holes of megabytes.
 */
static void set_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
}

static enum exit_code option_is_wrong(const char *error)
{
    fprintf(stderr, RELAY_NAME ": %s\n", error);
    return EXIT_OPTION;
}

/* After the port is open and all files are read, and before any client is accepted. */
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

/*
 * A single worker dies with its supervisor at once, so that the port is free again. The
 * kernel forgets this setting when the user changes. Several workers drain: see relay.c.
 */
static void relay_follow_supervisor(const struct relay *relay)
{
    if (relay->supervision.workers == 1)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* A successor's workers wait for their source, and so need the feeder first. */
static bool relay_may_listen(const struct relay *relay)
{
    return relay->is_feeder || !relay->role.has_predecessor;
}

static enum exit_code relay_work(struct relay *relay)
{
    char error[PRIVILEGES_ERROR_BYTES];

    set_memory();
    set_file_limit(&relay->config);
    if (!relay_build(relay)) {
        log_error("cannot start: out of memory or descriptors");
        return EXIT_RESOURCES;
    }
    if (!ports_listen_for_metrics(relay) || (relay_may_listen(relay) && !ports_listen(relay)))
        return EXIT_LISTEN;
    if (!relay_drop_privileges(relay, error))
        return option_is_wrong(error);
    relay_follow_supervisor(relay);
    if (relay->is_listening)
        service_manager_ready();
    relay_run(relay);
    return relay->code;
}

/* A relay that cannot start would fail again; one that fails later may succeed next time. */
static bool is_final(int code, bool was_ready)
{
    return code == EXIT_OPTION || code == EXIT_LISTEN || code == EXIT_REFUSED ||
           (code == EXIT_RESOURCES && !was_ready);
}

/* The last child is the feeder, if there is one. */
static void relay_know_role(struct relay *relay)
{
    relay->is_feeder = relay->role.number > relay->config.workers;
    if (relay->is_feeder)
        log_set_feeder();
    else if (relay->supervision.workers > 1)
        log_set_worker(relay->role.number);
}

/* Also returns in each worker. */
static enum exit_code relay_supervise(struct relay *relay)
{
    char error[LISTENER_ERROR_BYTES];
    int code;

    if (!ports_open(relay, error)) {
        fprintf(stderr, RELAY_NAME ": %s\n", error);
        return EXIT_LISTEN;
    }
    privileges_gain_no_more();
    relay->supervision = (struct supervisor_settings){
        .workers = (int)relay->config.workers + config_has_feeder(&relay->config),
        .drain_ms = relay->config.drain_ms,
        .is_final = is_final,
        .reload = relay_reload,
        .stop = ports_close,
        .rest = ports_rest,
        .hand_over = ports_hand_over,
        .context = relay,
        .upgrade = {relay->program, relay->argv},
        .taken = relay->has_handover ? &relay->handover : NULL,
    };
    code = supervisor_run(&relay->supervision, &relay->role);
    if (relay->role.number == 0) {
        ports_close(relay);
        return (enum exit_code)code;
    }
    relay_know_role(relay);
    ports_share(relay);
    service_manager_init_with(relay->role.channel, supervisor_hang_ms());
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
    service_manager_init();
    signal(SIGHUP, SIG_IGN); /* until it is watched: what there is to read has just been read */
    return relay_supervise(relay);
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

/*
 * The file that an upgrade runs. A name with a slash may be a link that leads to another
 * version by then; any other was found by the shell.
 */
static bool relay_keep_program(struct relay *relay)
{
    char path[PATH_MAX];
    ssize_t length;

    if (relay->argc > 0 && strchr(relay->argv[0], '/')) {
        relay->program = strdup(relay->argv[0]);
        return relay->program != NULL;
    }
    length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    path[length > 0 ? length : 0] = '\0';
    relay->program = strdup(path);
    return relay->program != NULL;
}

static void relay_free_arguments(struct relay *relay)
{
    for (int i = 0; i < relay->argc; i++)
        free(relay->argv[i]);
    free(relay->argv);
    free(relay->program);
}

int main(int argc, char **argv)
{
    static struct relay relay;
    char error[OPTION_ERROR_BYTES];
    enum config_action action;
    enum exit_code code = EXIT_OPTION;

    if (!relay_keep_arguments(&relay, argc, argv) || !relay_keep_program(&relay))
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
