/*
 * commentary-relay: options, build, run, exit code. The process that is started is the
 * supervisor of one relay, or of several with --workers.
 */
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
#include "main/privileges.h"
#include "main/relay.h"
#include "main/service_manager.h"
#include "main/supervisor.h"

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
    if (relay->config.workers == 1)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
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
    if (!relay_listen(relay))
        return EXIT_LISTEN;
    if (!relay_drop_privileges(relay, error))
        return option_is_wrong(error);
    relay_follow_supervisor(relay);
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

/* Also returns in each worker. */
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
    privileges_gain_no_more();
    relay->supervision = (struct supervisor_settings){
        (int)relay->config.workers, relay->config.drain_ms, is_final, relay_reload, relay};
    code = supervisor_run(&relay->supervision, &relay->role);
    close(reserved);
    if (relay->role.number == 0)
        return (enum exit_code)code;
    if (relay->config.workers > 1)
        log_set_worker(relay->role.number);
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
    relay->listen = relay->config.listen;
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
