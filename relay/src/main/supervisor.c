/*
 * The supervisor's loop: signals, what workers say, and the next thing that is due.
 * It waits in poll() with all its signals in one descriptor, so that nothing here
 * runs inside a handler, and nothing but memory has to be undone after a fork.
 */
#include "main/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "main/service_manager.h"

#define GRACE_MS 5000 /* beyond the drain, until a worker is killed */
/* A worker whose loop gives no sign for so long hangs: a turn takes milliseconds. */
#define HANG_MS 10000
/* The machine itself, or this process, was held up: the workers were, too. */
#define HELD_UP_MS 1000

struct supervisor {
    const struct supervisor_settings *settings;
    struct worker *workers;
    struct pollfd *polled; /* the signals, then each worker's channel */
    int signals;
    sigset_t signals_before;
    bool is_stopping;
    int64_t kill_ms; /* when the workers that are left are killed */
    int code;
};

int64_t supervisor_hang_ms(void)
{
    int64_t watchdog_ms = service_manager_watchdog_ms();

    return watchdog_ms > 0 && watchdog_ms < HANG_MS ? watchdog_ms : HANG_MS;
}

static int supervisor_count(const struct supervisor *supervisor, bool is_ready)
{
    int count = 0;

    for (int i = 0; i < supervisor->settings->workers; i++)
        count += supervisor->workers[i].pid && (!is_ready || supervisor->workers[i].is_ready);
    return count;
}

/* A single worker tells its own, which says more. */
static void supervisor_tell_status(const struct supervisor *supervisor)
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
static void supervisor_stop(struct supervisor *supervisor)
{
    int64_t drain_ms = supervisor->is_stopping ? 0 : supervisor->settings->drain_ms;

    supervisor->is_stopping = true;
    supervisor->kill_ms = clock_ms() + drain_ms + GRACE_MS;
    service_manager_stopping();
    supervisor_forward(supervisor, SIGTERM);
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

/* ---- workers that end ---- */

/* Those that were sent away may also go by the signal that sent them. */
static bool is_good_end(const struct supervisor *supervisor, int status)
{
    return supervisor->is_stopping && ((WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
                                       (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
}

/* A worker with a final code ends all. A single worker has logged why itself. */
static void supervisor_fail(struct supervisor *supervisor, int code)
{
    if (supervisor->settings->workers > 1)
        log_error("a worker cannot go on: stopping all", LOG_NUMBER("code", code));
    supervisor->code = code;
    supervisor_stop(supervisor);
}

static bool is_final_end(const struct supervisor *supervisor, const struct worker *worker,
                         int status)
{
    return !supervisor->is_stopping && WIFEXITED(status) &&
           supervisor->settings->is_final(WEXITSTATUS(status), worker->was_ready);
}

static void supervisor_end_worker(struct supervisor *supervisor, struct worker *worker, int status)
{
    bool is_final = is_final_end(supervisor, worker, status);

    if (!is_final || supervisor->settings->workers > 1)
        worker_log_end(worker, status, is_good_end(supervisor, status));
    worker_forget(worker);
    if (supervisor->is_stopping) {
        if (!is_good_end(supervisor, status) && supervisor->code == 0)
            supervisor->code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        return;
    }
    if (is_final) {
        supervisor_fail(supervisor, WEXITSTATUS(status));
        return;
    }
    worker_retry(worker);
}

static void supervisor_reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int i = 0; i < supervisor->settings->workers; i++)
            if (supervisor->workers[i].pid == pid)
                supervisor_end_worker(supervisor, &supervisor->workers[i], status);
    supervisor_tell_status(supervisor);
}

/* ---- what comes in ---- */

static void supervisor_take_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;

    while (read(supervisor->signals, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGCHLD) {
            supervisor_reap(supervisor);
            continue;
        }
        if (supervisor->settings->workers > 1) /* a single worker logs it itself */
            log_info("signal", LOG_TEXT("name", strsignal((int)info.ssi_signo)));
        if (info.ssi_signo == SIGHUP) {
            supervisor_reload(supervisor);
            continue;
        }
        supervisor_reap(supervisor); /* a worker that had ended before is no bad end */
        supervisor_stop(supervisor);
    }
}

static void supervisor_count_ready(const struct supervisor *supervisor)
{
    supervisor_tell_status(supervisor);
    if (supervisor_count(supervisor, true) == supervisor->settings->workers)
        service_manager_ready();
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

/* True in a new worker. */
static bool supervisor_do_due(struct supervisor *supervisor, struct worker_role *role)
{
    for (int i = 0; i < supervisor->settings->workers; i++) {
        struct worker *worker = &supervisor->workers[i];

        if (worker->pid)
            supervisor_check(supervisor, worker);
        else if (!supervisor->is_stopping && clock_ms() >= worker->start_ms &&
                 worker_start(worker, &supervisor->signals_before, role))
            return true;
    }
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
    found = poll(polled, (nfds_t)count + 1, patience_ms);
    supervisor_forgive(supervisor, clock_ms() - begun_ms - patience_ms);
    if (found <= 0)
        return;
    for (int i = 0; i < count; i++)
        if (polled[i + 1].revents)
            supervisor_hear(supervisor, &supervisor->workers[i]);
    if (polled[0].revents)
        supervisor_take_signals(supervisor);
}

/* ---- from outside ---- */

static bool supervisor_init(struct supervisor *supervisor,
                            const struct supervisor_settings *settings)
{
    sigset_t signals;

    *supervisor = (struct supervisor){.settings = settings};
    supervisor->workers = calloc((size_t)settings->workers, sizeof(*supervisor->workers));
    supervisor->polled = calloc((size_t)settings->workers + 1, sizeof(*supervisor->polled));
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, &supervisor->signals_before);
    supervisor->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (!supervisor->workers || !supervisor->polled || supervisor->signals < 0)
        return false;
    for (int i = 0; i < settings->workers; i++)
        worker_init(&supervisor->workers[i], i + 1);
    return true;
}

/* A new worker as well leaves behind what is the supervisor's. */
static void supervisor_free(struct supervisor *supervisor)
{
    for (int i = 0; i < supervisor->settings->workers && supervisor->workers; i++)
        worker_hang_up(&supervisor->workers[i]);
    if (supervisor->signals >= 0)
        close(supervisor->signals);
    free(supervisor->workers);
    free(supervisor->polled);
}

static bool supervisor_is_done(const struct supervisor *supervisor)
{
    return supervisor->is_stopping && supervisor_count(supervisor, false) == 0;
}

int supervisor_run(const struct supervisor_settings *settings, struct worker_role *role)
{
    struct supervisor supervisor;

    *role = (struct worker_role){0, -1, 0};
    if (supervisor_init(&supervisor, settings)) {
        while (!supervisor_is_done(&supervisor) && !supervisor_do_due(&supervisor, role))
            supervisor_wait(&supervisor);
    } else {
        log_error("cannot start: out of memory or descriptors");
        supervisor.code = 1;
    }
    supervisor_free(&supervisor);
    return supervisor.code;
}
