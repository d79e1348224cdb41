/*
 * The supervisor's loop: signals, what workers say, and the next thing that is due.
 * It waits in poll() with all its signals in one descriptor, so that nothing here
 * runs inside a handler, and nothing but memory has to be undone after a fork.
 */
#include "main/supervisor.h"

#include <errno.h>
#include <event2/util.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "main/service_manager.h"

#define BACKOFF_BASE_MS 200
#define BACKOFF_CAP_MS 10000
#define STABLE_MS 10000 /* a worker that has lived so long starts again without a wait */
#define LOUD_DEATHS 3   /* so many in a row are a crash loop */
#define GRACE_MS 5000   /* beyond the drain, until a worker is killed */
/* A worker whose loop gives no sign for so long hangs: a turn takes milliseconds. */
#define HANG_MS 10000
/* The machine itself, or this process, was held up: the workers were, too. */
#define HELD_UP_MS 1000

struct worker {
    pid_t pid;   /* 0: not running */
    int channel; /* -1: none */
    bool is_ready;
    bool was_ready; /* this or one before it */
    int64_t started_ms;
    int64_t heard_ms; /* the last sign of life */
    int64_t start_ms; /* when it is to start again */
    struct backoff backoff;
    int deaths; /* in a row */
};

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

static int number_of(const struct supervisor *supervisor, const struct worker *worker)
{
    return (int)(worker - supervisor->workers) + 1;
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

/* ---- a worker's life ---- */

static void worker_hang_up(struct worker *worker)
{
    if (worker->channel >= 0)
        close(worker->channel);
    worker->channel = -1;
}

static void worker_forget(struct worker *worker)
{
    worker_hang_up(worker);
    worker->pid = 0;
    worker->is_ready = false;
}

static void worker_retry(struct supervisor *supervisor, struct worker *worker)
{
    uint32_t random;

    evutil_secure_rng_get_bytes(&random, sizeof(random));
    worker->start_ms = clock_ms() + backoff_next_ms(&worker->backoff, random);
    if (++worker->deaths < LOUD_DEATHS)
        return;
    log_error("a worker ends again and again: its viewers go to the others",
              LOG_NUMBER("number", number_of(supervisor, worker)),
              LOG_NUMBER("times", worker->deaths),
              LOG_NUMBER("retry_in_ms", worker->start_ms - clock_ms()),
              LOG_TEXT("hint", "see what it logged last; after a signal, report a bug"));
}

/*
 * In the new worker. Those that the supervisor forwards stay blocked, and are kept, until
 * the relay watches them (relay.c): until then they would end it, or be forgotten.
 */
static void worker_unblock_signals(const struct supervisor *supervisor)
{
    sigset_t signals = supervisor->signals_before;

    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_SETMASK, &signals, NULL);
}

/* True in the new worker. */
static bool worker_start(struct supervisor *supervisor, struct worker *worker,
                         struct worker_role *role)
{
    int channels[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, channels) != 0) {
        worker_retry(supervisor, worker);
        return false;
    }
    worker->pid = fork();
    if (worker->pid == 0) {
        close(channels[0]);
        worker_unblock_signals(supervisor);
        *role = (struct worker_role){number_of(supervisor, worker), channels[1]};
        return true;
    }
    close(channels[1]);
    worker->channel = channels[0];
    worker->started_ms = worker->heard_ms = clock_ms();
    if (worker->pid < 0) {
        log_error("cannot start a worker", LOG_TEXT("error", strerror(errno)));
        worker_forget(worker);
        worker_retry(supervisor, worker);
    }
    return false;
}

/* Those that were sent away may also go by the signal that sent them. */
static bool is_good_end(const struct supervisor *supervisor, int status)
{
    return supervisor->is_stopping && ((WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
                                       (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
}

static void worker_log_end(const struct supervisor *supervisor, const struct worker *worker,
                           int status)
{
    const char *how = WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit";

    log_at(is_good_end(supervisor, status) ? LOG_INFO : LOG_WARN, "a worker ended",
           LOG_NUMBER("number", number_of(supervisor, worker)), LOG_NUMBER("pid", worker->pid),
           LOG_TEXT("how", how), LOG_NUMBER("code", WEXITSTATUS(status)));
}

/* A worker with a final code ends all. A single worker has logged why itself. */
static void worker_is_final(struct supervisor *supervisor, int code)
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

static void worker_ended(struct supervisor *supervisor, struct worker *worker, int status)
{
    bool is_final = is_final_end(supervisor, worker, status);

    if (!is_final || supervisor->settings->workers > 1)
        worker_log_end(supervisor, worker, status);
    worker_forget(worker);
    if (supervisor->is_stopping) {
        if (!is_good_end(supervisor, status) && supervisor->code == 0)
            supervisor->code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        return;
    }
    if (is_final) {
        worker_is_final(supervisor, WEXITSTATUS(status));
        return;
    }
    if (clock_ms() - worker->started_ms >= STABLE_MS) {
        backoff_reset(&worker->backoff);
        worker->deaths = 0;
    }
    worker_retry(supervisor, worker);
}

static void supervisor_reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int i = 0; i < supervisor->settings->workers; i++)
            if (supervisor->workers[i].pid == pid)
                worker_ended(supervisor, &supervisor->workers[i], status);
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

static void worker_is_ready(struct supervisor *supervisor, struct worker *worker)
{
    worker->is_ready = worker->was_ready = true;
    supervisor_tell_status(supervisor);
    if (supervisor_count(supervisor, true) == supervisor->settings->workers)
        service_manager_ready();
}

/* A datagram is a sign of life. Of what it may say, that it is ready counts, and its status. */
static void worker_hear(struct supervisor *supervisor, struct worker *worker)
{
    static const char ready[] = "READY=1", status[] = "STATUS=";
    char text[sizeof(status) + SERVICE_MANAGER_STATUS_BYTES];
    ssize_t length;

    while ((length = recv(worker->channel, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
        worker->heard_ms = clock_ms();
        text[length] = '\0';
        if (strncmp(text, ready, sizeof(ready) - 1) == 0)
            worker_is_ready(supervisor, worker);
        else if (supervisor->settings->workers == 1 &&
                 strncmp(text, status, sizeof(status) - 1) == 0)
            service_manager_status(text + sizeof(status) - 1);
    }
    if (length == 0)
        worker_hang_up(worker); /* it ends: SIGCHLD will say so */
}

/* ---- what is due ---- */

static bool is_silent(const struct worker *worker, int64_t now_ms)
{
    return now_ms - worker->heard_ms >= supervisor_hang_ms();
}

/* A worker that hangs is killed, so that only its own viewers have to come back. */
static void worker_check(const struct supervisor *supervisor, const struct worker *worker)
{
    int64_t now_ms = clock_ms();

    if (supervisor->is_stopping ? now_ms >= supervisor->kill_ms : is_silent(worker, now_ms)) {
        log_error("a worker does not answer: killing it",
                  LOG_NUMBER("number", number_of(supervisor, worker)),
                  LOG_NUMBER("pid", worker->pid));
        kill(worker->pid, SIGKILL);
    }
}

/* True in a new worker. */
static bool supervisor_do_due(struct supervisor *supervisor, struct worker_role *role)
{
    for (int i = 0; i < supervisor->settings->workers; i++) {
        struct worker *worker = &supervisor->workers[i];

        if (worker->pid)
            worker_check(supervisor, worker);
        else if (!supervisor->is_stopping && clock_ms() >= worker->start_ms &&
                 worker_start(supervisor, worker, role))
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
            worker_hear(supervisor, &supervisor->workers[i]);
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
    for (int i = 0; i < settings->workers; i++) {
        supervisor->workers[i].channel = -1;
        supervisor->workers[i].backoff = (struct backoff){BACKOFF_BASE_MS, BACKOFF_CAP_MS, 0};
    }
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

    *role = (struct worker_role){0, -1};
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
