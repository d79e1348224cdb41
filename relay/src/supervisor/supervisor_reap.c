/* The children of the supervisor that have ended, and what follows from that. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "supervisor/service_manager.h"
#include "supervisor/supervisor_state.h"

/* A worker that is away for longer is no longer chosen for new connections. */
#define REST_MS 1000

bool supervisor_is_replaceable(const struct supervisor *supervisor)
{
    return supervisor->predecessors.alive > 0 && !supervisor->predecessors.are_told;
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
    return !supervisor->is_stopping && !supervisor_is_replaceable(supervisor) &&
           WIFEXITED(status) &&
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
    if (supervisor_is_replaceable(supervisor))
        log_error("the new program cannot serve yet: the one before goes on",
                  LOG_NUMBER("retry_in_ms", worker->start_ms - clock_ms()),
                  LOG_TEXT("hint", "mend what the line before says, then send SIGUSR2 again"));
    else if (worker->start_ms - clock_ms() > REST_MS)
        supervisor->settings->rest(supervisor->settings->context, worker->number);
}

static void supervisor_reap_worker(struct supervisor *supervisor, pid_t pid, int status)
{
    for (int i = 0; i < supervisor->settings->workers; i++)
        if (supervisor->workers[i].pid == pid)
            supervisor_end_worker(supervisor, &supervisor->workers[i], status);
}

/* ---- the trial of a new program ---- */

/* False: there are too many processes or sockets for it. */
static bool supervisor_fill_handover(const struct supervisor *supervisor, struct handover *handover)
{
    for (int i = 0; i < supervisor->settings->workers; i++) {
        const struct worker *worker = &supervisor->workers[i];

        if (worker->pid && worker->channel >= 0 &&
            !handover_add_process(handover, worker->pid, worker->channel))
            return false;
    }
    return predecessors_hand_over(&supervisor->predecessors, handover) &&
           supervisor->settings->hand_over(supervisor->settings->context, handover);
}

/* The trial is over: the new program takes the place of this one, if it can. */
static void supervisor_go_over(struct supervisor *supervisor, int status)
{
    static struct handover handover; /* too large for the stack */

    handover = (struct handover){0};
    if (supervisor->is_stopping || supervisor->is_told_to_stop) {
        supervisor->upgrade.pid = 0;
        return;
    }
    if (!upgrade_is_right(&supervisor->upgrade, status))
        return;
    if (!supervisor_fill_handover(supervisor, &handover)) {
        upgrade_refuse("too many workers of earlier programs are still there", 0);
        return;
    }
    service_manager_reloading();
    upgrade_run(&supervisor->upgrade, &handover);
    service_manager_ready();
}

/* ---- all children ---- */

void supervisor_reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == supervisor->upgrade.pid)
            supervisor_go_over(supervisor, status);
        else if (!predecessors_reap(&supervisor->predecessors, pid, status))
            supervisor_reap_worker(supervisor, pid, status);
    }
    supervisor_tell_status(supervisor);
}
