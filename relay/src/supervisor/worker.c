/* Workers: how a supervisor starts one, hears it, and sees it end. */
#include "supervisor/worker.h"

#include <errno.h>
#include <event2/util.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define BACKOFF_BASE_MS 200
#define BACKOFF_CAP_MS 10000
#define STABLE_MS 10000 /* a worker that has lived so long starts again without a wait */
#define LOUD_DEATHS 3   /* so many in a row are a crash loop */

void worker_init(struct worker *worker, int number)
{
    *worker = (struct worker){
        .number = number, .channel = -1, .backoff = {BACKOFF_BASE_MS, BACKOFF_CAP_MS, 0}};
}

void worker_hang_up(struct worker *worker)
{
    if (worker->channel >= 0)
        close(worker->channel);
    worker->channel = -1;
}

void worker_forget(struct worker *worker)
{
    worker_hang_up(worker);
    worker->pid = 0;
    worker->is_ready = false;
}

/* ---- its start ---- */

static void worker_wait_longer(struct worker *worker)
{
    uint32_t random;

    evutil_secure_rng_get_bytes(&random, sizeof(random));
    worker->start_ms = clock_ms() + backoff_next_ms(&worker->backoff, random);
    if (++worker->deaths < LOUD_DEATHS)
        return;
    log_error("a worker ends again and again: its viewers go to the others",
              LOG_NUMBER("number", worker->number), LOG_NUMBER("times", worker->deaths),
              LOG_NUMBER("retry_in_ms", worker->start_ms - clock_ms()),
              LOG_TEXT("hint", "see what it logged last; after a signal, report a bug"));
}

void worker_retry(struct worker *worker)
{
    if (clock_ms() - worker->started_ms >= STABLE_MS) {
        backoff_reset(&worker->backoff);
        worker->deaths = 0;
    }
    worker_wait_longer(worker);
}

/*
 * In the new worker. The signals that the supervisor forwards stay blocked, and are kept,
 * until the relay watches them (relay.c): until then they would end it, or be forgotten.
 */
static void worker_unblock_signals(const sigset_t *signals_before)
{
    sigset_t signals = *signals_before;

    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    signal(SIGUSR2, SIG_IGN); /* the supervisor's alone */
    sigprocmask(SIG_SETMASK, &signals, NULL);
}

bool worker_start(struct worker *worker, const sigset_t *signals_before, struct worker_role *role)
{
    int channels[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, channels) != 0) {
        worker_wait_longer(worker);
        return false;
    }
    worker->pid = fork();
    if (worker->pid == 0) {
        close(channels[0]);
        worker_unblock_signals(signals_before);
        role->number = worker->number;
        role->channel = channels[1];
        role->restarts = worker->starts;
        return true;
    }
    close(channels[1]);
    worker->channel = channels[0];
    worker->started_ms = worker->heard_ms = clock_ms();
    if (worker->pid < 0) {
        log_error("cannot start a worker", LOG_TEXT("error", strerror(errno)));
        worker_forget(worker);
        worker_wait_longer(worker);
        return false;
    }
    worker->starts++;
    return false;
}

/* ---- its life ---- */

/* A datagram is a sign of life. Of what it may say, that it is ready counts, and its status. */
enum worker_said worker_hear(struct worker *worker, char *text, size_t size)
{
    static const char ready[] = "READY=1", status[] = "STATUS=";
    ssize_t length = recv(worker->channel, text, size - 1, MSG_DONTWAIT);

    if (length == 0)
        worker_hang_up(worker); /* it ends: SIGCHLD will say so */
    if (length <= 0)
        return WORKER_SILENT;
    worker->heard_ms = clock_ms();
    text[length] = '\0';
    if (strncmp(text, ready, sizeof(ready) - 1) == 0) {
        worker->is_ready = worker->was_ready = true;
        return WORKER_READY;
    }
    if (strncmp(text, status, sizeof(status) - 1) != 0)
        return WORKER_ALIVE;
    memmove(text, text + sizeof(status) - 1, (size_t)length + 2 - sizeof(status));
    return WORKER_STATUS;
}

void worker_kill(const struct worker *worker)
{
    log_error("a worker does not answer: killing it", LOG_NUMBER("number", worker->number),
              LOG_NUMBER("pid", worker->pid));
    kill(worker->pid, SIGKILL);
}

void worker_log_end(const struct worker *worker, int status, bool is_good)
{
    const char *how = WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit";

    log_at(is_good ? LOG_INFO : LOG_WARN, "a worker ended", LOG_NUMBER("number", worker->number),
           LOG_NUMBER("pid", worker->pid), LOG_TEXT("how", how),
           LOG_NUMBER("code", WEXITSTATUS(status)));
}
