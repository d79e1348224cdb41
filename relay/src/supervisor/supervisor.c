/*
 * The supervisor's loop: signals, what workers say, and the next thing that is due.
 * It waits in poll() with all its signals in one descriptor, so that nothing here
 * runs inside a handler, and nothing but memory has to be undone after a fork.
 */
#include "supervisor/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"
#include "supervisor/service_manager.h"
#include "supervisor/supervisor_state.h"

/* A worker whose loop gives no sign for so long hangs: a turn takes milliseconds. */
#define HANG_MS 10000
/* The machine itself, or this process, was held up: the workers were, too. */
#define HELD_UP_MS 1000

int64_t supervisor_hang_ms(void)
{
    int64_t watchdog_ms = service_manager_watchdog_ms();

    return watchdog_ms > 0 && watchdog_ms < HANG_MS ? watchdog_ms : HANG_MS;
}

int supervisor_count(const struct supervisor *supervisor, bool is_ready)
{
    int count = 0;

    for (int i = 0; i < supervisor->settings->workers; i++)
        count += supervisor->workers[i].pid && (!is_ready || supervisor->workers[i].is_ready);
    return count;
}

/* A single worker tells its own, which says more. */
void supervisor_tell_status(const struct supervisor *supervisor)
{
    char text[SERVICE_MANAGER_STATUS_BYTES];

    if (supervisor->settings->workers == 1)
        return;
    snprintf(text, sizeof(text), "%s, %d of %d workers listening",
             supervisor->is_stopping ? "stopping" : "running", supervisor_count(supervisor, true),
             supervisor->settings->workers);
    service_manager_status(text);
}

/* ---- signals to workers ---- */

static void supervisor_forward(const struct supervisor *supervisor, int signal_number)
{
    for (int i = 0; i < supervisor->settings->workers; i++)
        if (supervisor->workers[i].pid)
            kill(supervisor->workers[i].pid, signal_number);
}

/* Again: a worker that hears it twice ends at once. */
void supervisor_stop(struct supervisor *supervisor)
{
    int64_t drain_ms = supervisor->is_stopping ? 0 : supervisor->settings->drain_ms;

    supervisor->is_stopping = true;
    supervisor->kill_ms = clock_ms() + drain_ms + GRACE_MS;
    service_manager_stopping();
    supervisor->settings->stop(supervisor->settings->context);
    upgrade_give_up(&supervisor->upgrade);
    supervisor_forward(supervisor, SIGTERM);
    predecessors_signal(&supervisor->predecessors, SIGTERM);
}

/* All are ready again once each has said so. */
static void supervisor_reload(struct supervisor *supervisor)
{
    service_manager_reloading();
    supervisor->settings->reload(supervisor->settings->context);
    for (int i = 0; i < supervisor->settings->workers; i++)
        supervisor->workers[i].is_ready = false;
    supervisor_forward(supervisor, SIGHUP);
}

/* ---- what comes in ---- */

/* Of other signals than SIGUSR2 a single worker tells itself. */

static void supervisor_take_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;

    while (read(supervisor->signals, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGCHLD) {
            supervisor_reap(supervisor);
            continue;
        }
        if (supervisor->settings->workers > 1 || info.ssi_signo == SIGUSR2)
            log_info("signal", LOG_TEXT("name", strsignal((int)info.ssi_signo)));
        if (info.ssi_signo == SIGUSR2) {
            if (!supervisor->is_stopping)
                upgrade_begin(&supervisor->upgrade, &supervisor->signals_before);
            continue;
        }
        if (info.ssi_signo == SIGHUP) {
            supervisor_reload(supervisor);
            continue;
        }
        supervisor->is_told_to_stop = true;
        supervisor_reap(supervisor); /* a worker that had ended before is no bad end */
        supervisor_stop(supervisor);
    }
}

static void supervisor_count_ready(struct supervisor *supervisor)
{
    supervisor_tell_status(supervisor);
    if (supervisor_count(supervisor, true) != supervisor->settings->workers)
        return;
    service_manager_ready();
    predecessors_retire(&supervisor->predecessors, supervisor->settings->drain_ms + GRACE_MS);
}

/* Of several workers, each has a status of its own: then the supervisor's is told. */
static void supervisor_hear(struct supervisor *supervisor, struct worker *worker)
{
    char text[SERVICE_MANAGER_STATUS_BYTES + sizeof("STATUS=")];
    enum worker_said said;

    while ((said = worker_hear(worker, text, sizeof(text))) != WORKER_SILENT) {
        if (said == WORKER_READY)
            supervisor_count_ready(supervisor);
        else if (said == WORKER_STATUS && supervisor->settings->workers == 1)
            service_manager_status(text);
    }
}

/* ---- what is due ---- */

static bool is_silent(const struct worker *worker, int64_t now_ms)
{
    return now_ms - worker->heard_ms >= supervisor_hang_ms();
}

/* A worker that hangs is killed, so that only its own viewers have to come back. */
static void supervisor_check(const struct supervisor *supervisor, const struct worker *worker)
{
    int64_t now_ms = clock_ms();

    if (supervisor->is_stopping ? now_ms >= supervisor->kill_ms : is_silent(worker, now_ms))
        worker_kill(worker);
}

/* A new program that does not end its trial; and the workers of the one before. */
static void supervisor_check_others(struct supervisor *supervisor)
{
    upgrade_check_time(&supervisor->upgrade);
    if (supervisor->is_stopping && clock_ms() >= supervisor->kill_ms)
        predecessors_signal(&supervisor->predecessors, SIGKILL);
    predecessors_check(&supervisor->predecessors, supervisor_hang_ms());
}

/* True in a new worker. */
static bool supervisor_do_due(struct supervisor *supervisor, struct worker_role *role)
{
    for (int i = 0; i < supervisor->settings->workers; i++) {
        struct worker *worker = &supervisor->workers[i];

        if (worker->pid)
            supervisor_check(supervisor, worker);
        else if (!supervisor->is_stopping && clock_ms() >= worker->start_ms) {
            role->has_predecessor = supervisor_is_replaceable(supervisor);
            if (worker_start(worker, &supervisor->signals_before, role))
                return true;
        }
    }
    supervisor_check_others(supervisor);
    service_manager_turn();
    return false;
}

/* How long nothing will be due, if nothing comes in. */
static int supervisor_patience_ms(const struct supervisor *supervisor)
{
    int64_t now_ms = clock_ms(), until_ms = now_ms + supervisor_hang_ms() / 4;

    if (supervisor->is_stopping && supervisor->kill_ms < until_ms)
        until_ms = supervisor->kill_ms;
    for (int i = 0; i < supervisor->settings->workers && !supervisor->is_stopping; i++)
        if (!supervisor->workers[i].pid && supervisor->workers[i].start_ms < until_ms)
            until_ms = supervisor->workers[i].start_ms;
    return until_ms > now_ms ? (int)(until_ms - now_ms) : 0;
}

/* If this process could not run in time, what it has not heard is no sign of silence. */
static void supervisor_forgive(struct supervisor *supervisor, int64_t late_ms)
{
    if (late_ms < HELD_UP_MS)
        return;
    for (int i = 0; i < supervisor->settings->workers; i++)
        supervisor->workers[i].heard_ms += late_ms;
    predecessors_forgive(&supervisor->predecessors, late_ms);
}

static void supervisor_wait(struct supervisor *supervisor)
{
    struct pollfd *polled = supervisor->polled;
    int count = supervisor->settings->workers, patience_ms = supervisor_patience_ms(supervisor);
    int64_t begun_ms = clock_ms();
    int found;

    polled[0] = (struct pollfd){.fd = supervisor->signals, .events = POLLIN};
    for (int i = 0; i < count; i++) /* poll passes over -1 */
        polled[i + 1] = (struct pollfd){.fd = supervisor->workers[i].channel, .events = POLLIN};
    predecessors_watch(&supervisor->predecessors, polled + count + 1);
    found = poll(polled, (nfds_t)count + 1 + supervisor->predecessors.count, patience_ms);
    supervisor_forgive(supervisor, clock_ms() - begun_ms - patience_ms);
    if (found <= 0)
        return;
    for (int i = 0; i < count; i++)
        if (polled[i + 1].revents)
            supervisor_hear(supervisor, &supervisor->workers[i]);
    predecessors_hear(&supervisor->predecessors, polled + count + 1);
    if (polled[0].revents)
        supervisor_take_signals(supervisor);
}

/* ---- from outside ---- */

/*
 * Signals that the supervisor takes are blocked, also before, if the program before has left
 * them so.
 */
static bool supervisor_take_over_signals(struct supervisor *supervisor)
{
    static const int taken[] = {SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGUSR2};
    sigset_t signals;

    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        sigaddset(&signals, taken[i]);
    sigprocmask(SIG_BLOCK, &signals, &supervisor->signals_before);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        sigdelset(&supervisor->signals_before, taken[i]);
    supervisor->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return supervisor->signals >= 0;
}

static bool supervisor_init(struct supervisor *supervisor,
                            const struct supervisor_settings *settings)
{
    size_t taken = settings->taken ? settings->taken->process_count : 0;

    *supervisor =
        (struct supervisor){.settings = settings, .upgrade = {.settings = settings->upgrade}};
    supervisor->workers = calloc((size_t)settings->workers, sizeof(*supervisor->workers));
    supervisor->polled = calloc((size_t)settings->workers + 1 + taken, sizeof(*supervisor->polled));
    if (!supervisor_take_over_signals(supervisor) || !supervisor->workers || !supervisor->polled ||
        (taken && !predecessors_init(&supervisor->predecessors, settings->taken)))
        return false;
    for (int i = 0; i < settings->workers; i++)
        worker_init(&supervisor->workers[i], i + 1);
    if (settings->taken)
        log_info("taking over from the program before", LOG_TEXT("version", RELAY_VERSION),
                 LOG_NUMBER("processes", taken));
    return true;
}

/* A new worker, too, gives up what is the supervisor's. */
static void supervisor_free(struct supervisor *supervisor)
{
    for (int i = 0; i < supervisor->settings->workers && supervisor->workers; i++)
        worker_hang_up(&supervisor->workers[i]);
    predecessors_free(&supervisor->predecessors);
    if (supervisor->signals >= 0)
        close(supervisor->signals);
    free(supervisor->workers);
    free(supervisor->polled);
}

static bool supervisor_is_done(const struct supervisor *supervisor)
{
    return supervisor->is_stopping && supervisor_count(supervisor, false) == 0 &&
           supervisor->predecessors.alive == 0 && !supervisor->upgrade.pid;
}

int supervisor_run(const struct supervisor_settings *settings, struct worker_role *role)
{
    struct supervisor supervisor;

    *role = (struct worker_role){.channel = -1};
    if (supervisor_init(&supervisor, settings)) {
        supervisor_reap(&supervisor); /* predecessors that ended before anybody listened */
        while (!supervisor_is_done(&supervisor) && !supervisor_do_due(&supervisor, role))
            supervisor_wait(&supervisor);
    } else {
        log_error("cannot start: out of memory or descriptors");
        supervisor.code = 1;
    }
    supervisor_free(&supervisor);
    return supervisor.code;
}
