/* Predecessors: how they are heard, and how they end. */
#include "supervisor/predecessors.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

bool predecessors_init(struct predecessors *predecessors, const struct handover *handover)
{
    *predecessors = (struct predecessors){0};
    if (handover->process_count == 0)
        return true;
    predecessors->all = calloc(handover->process_count, sizeof(*predecessors->all));
    if (!predecessors->all)
        return false;
    predecessors->count = predecessors->alive = handover->process_count;
    for (size_t i = 0; i < predecessors->count; i++) {
        predecessors->all[i] = (struct predecessor){handover->processes[i].pid,
                                                    handover->processes[i].channel, clock_ms()};
        fcntl(predecessors->all[i].channel, F_SETFD, FD_CLOEXEC);
    }
    return true;
}

static void hang_up(struct predecessor *predecessor)
{
    if (predecessor->channel >= 0)
        close(predecessor->channel);
    predecessor->channel = -1;
}

/* ---- what they are told ---- */

void predecessors_tell(int channel)
{
    static const char message[] = RETIRE_MESSAGE;

    if (channel >= 0 && send(channel, message, sizeof(message) - 1, MSG_NOSIGNAL) < 0)
        log_debug("a worker of the program before was not told to retire");
}

void predecessors_retire(struct predecessors *predecessors, int64_t patience_ms)
{
    if (predecessors->are_told || predecessors->alive == 0)
        return;
    predecessors->are_told = true;
    predecessors->kill_ms = clock_ms() + patience_ms;
    log_info("the new program listens: the one before retires",
             LOG_NUMBER("processes", predecessors->alive));
    for (size_t i = 0; i < predecessors->count; i++)
        predecessors_tell(predecessors->all[i].channel);
}

void predecessors_signal(const struct predecessors *predecessors, int signal_number)
{
    for (size_t i = 0; i < predecessors->count; i++)
        if (predecessors->all[i].pid)
            kill(predecessors->all[i].pid, signal_number);
}

/* ---- what they say ---- */

void predecessors_watch(const struct predecessors *predecessors, struct pollfd *polled)
{
    for (size_t i = 0; i < predecessors->count; i++)
        polled[i] = (struct pollfd){.fd = predecessors->all[i].channel, .events = POLLIN};
}

/* Whatever a process says is a sign of life. */
static void hear(struct predecessor *predecessor)
{
    char text[512];
    ssize_t length;

    while ((length = recv(predecessor->channel, text, sizeof(text), MSG_DONTWAIT)) > 0)
        predecessor->heard_ms = clock_ms();
    if (length == 0)
        hang_up(predecessor);
}

void predecessors_hear(struct predecessors *predecessors, const struct pollfd *polled)
{
    for (size_t i = 0; i < predecessors->count; i++)
        if (polled[i].revents)
            hear(&predecessors->all[i]);
}

void predecessors_forgive(struct predecessors *predecessors, int64_t late_ms)
{
    for (size_t i = 0; i < predecessors->count; i++)
        predecessors->all[i].heard_ms += late_ms;
}

/* ---- how they end ---- */

void predecessors_check(const struct predecessors *predecessors, int64_t hang_ms)
{
    int64_t now_ms = clock_ms();

    for (size_t i = 0; i < predecessors->count; i++) {
        const struct predecessor *predecessor = &predecessors->all[i];
        bool is_late = predecessors->are_told && now_ms >= predecessors->kill_ms;

        if (!predecessor->pid || (!is_late && now_ms - predecessor->heard_ms < hang_ms))
            continue;
        log_error("a worker of the program before does not answer: killing it",
                  LOG_NUMBER("pid", predecessor->pid));
        kill(predecessor->pid, SIGKILL);
    }
}

static void log_end(const struct predecessors *predecessors, pid_t pid, int status)
{
    bool is_good = predecessors->are_told && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    const char *how = WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit";

    log_at(is_good ? LOG_INFO : LOG_WARN, "a worker of the program before ended",
           LOG_NUMBER("pid", pid), LOG_TEXT("how", how), LOG_NUMBER("code", WEXITSTATUS(status)),
           LOG_NUMBER("left", predecessors->alive));
}

bool predecessors_reap(struct predecessors *predecessors, pid_t pid, int status)
{
    for (size_t i = 0; i < predecessors->count; i++) {
        struct predecessor *predecessor = &predecessors->all[i];

        if (predecessor->pid != pid)
            continue;
        hang_up(predecessor);
        predecessor->pid = 0;
        predecessors->alive--;
        log_end(predecessors, pid, status);
        return true;
    }
    return false;
}

bool predecessors_hand_over(const struct predecessors *predecessors, struct handover *handover)
{
    for (size_t i = 0; i < predecessors->count; i++) {
        const struct predecessor *predecessor = &predecessors->all[i];

        if (predecessor->pid && predecessor->channel >= 0 &&
            !handover_add_process(handover, predecessor->pid, predecessor->channel))
            return false;
    }
    return true;
}

void predecessors_free(struct predecessors *predecessors)
{
    for (size_t i = 0; i < predecessors->count; i++)
        hang_up(&predecessors->all[i]);
    free(predecessors->all);
    *predecessors = (struct predecessors){0};
}
