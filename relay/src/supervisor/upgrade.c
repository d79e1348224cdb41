/* The upgrade: a trial, and exec(). */
#include "supervisor/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* How long the new program may take to read its options. */
#define CHECK_MS 30000
#define CODE_NO_PROGRAM 127

static char **arguments_of_check(char *const *argv)
{
    static char check_flag[] = "--check-config";
    size_t count = 0;
    char **arguments;

    while (argv[count])
        count++;
    arguments = calloc(count + 2, sizeof(*arguments));
    if (!arguments)
        return NULL;
    memcpy(arguments, argv, count * sizeof(*arguments));
    arguments[count] = check_flag;
    return arguments;
}

/* In the child. What it prints on stderr is why the upgrade is refused. */
static void check_in_child(const struct upgrade_settings *settings, char *const *arguments,
                           const sigset_t *signals)
{
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (nothing >= 0)
        dup2(nothing, STDOUT_FILENO);
    sigprocmask(SIG_SETMASK, signals, NULL);
    execv(settings->program, arguments);
    _exit(CODE_NO_PROGRAM);
}

void upgrade_refuse(const char *reason, int code)
{
    log_error("the upgrade is refused: the relay goes on as it was", LOG_TEXT("reason", reason),
              LOG_NUMBER("code", code),
              LOG_TEXT("hint", "try the new program with --check-config, then send SIGUSR2 again"));
}

void upgrade_begin(struct upgrade *upgrade, const sigset_t *signals)
{
    char **arguments;

    if (upgrade->pid)
        return;
    log_info("trying the new program", LOG_TEXT("program", upgrade->settings.program));
    arguments = arguments_of_check(upgrade->settings.argv);
    upgrade->pid = arguments ? fork() : -1;
    if (upgrade->pid == 0)
        check_in_child(&upgrade->settings, arguments, signals);
    free(arguments);
    upgrade->ends_ms = clock_ms() + CHECK_MS;
    if (upgrade->pid > 0)
        return;
    upgrade->pid = 0;
    upgrade_refuse(strerror(errno), 0);
}

void upgrade_check_time(const struct upgrade *upgrade)
{
    if (clock_ms() >= upgrade->ends_ms)
        upgrade_give_up(upgrade);
}

void upgrade_give_up(const struct upgrade *upgrade)
{
    if (upgrade->pid)
        kill(upgrade->pid, SIGKILL);
}

bool upgrade_is_right(struct upgrade *upgrade, int status)
{
    upgrade->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFSIGNALED(status))
        upgrade_refuse(strsignal(WTERMSIG(status)), 0);
    else
        upgrade_refuse(WEXITSTATUS(status) == CODE_NO_PROGRAM ? "the program cannot be run"
                                                              : "it does not accept its options",
                       WEXITSTATUS(status));
    return false;
}

static void keep_open(const struct handover *handover, bool is_kept)
{
    int flags = is_kept ? 0 : FD_CLOEXEC;

    for (size_t i = 0; i < handover->socket_count; i++)
        fcntl(handover->sockets[i], F_SETFD, flags);
    for (size_t i = 0; i < handover->process_count; i++)
        fcntl(handover->processes[i].channel, F_SETFD, flags);
}

/* Signals stay blocked, and those that come are kept: the new program takes them. */
void upgrade_run(const struct upgrade *upgrade, const struct handover *handover)
{
    struct buffer text = {0};
    int error = ENOMEM;

    log_info("the new program takes over", LOG_NUMBER("processes", handover->process_count));
    handover_write(&text, handover, getpid());
    buffer_add(&text, "", 1);
    if (!text.is_broken && setenv(HANDOVER_VARIABLE, (const char *)text.bytes, 1) == 0) {
        keep_open(handover, true);
        execv(upgrade->settings.program, upgrade->settings.argv);
        error = errno;
        keep_open(handover, false);
        unsetenv(HANDOVER_VARIABLE);
    }
    buffer_free(&text);
    upgrade_refuse(strerror(error), 0);
}
