/* The handover, as text. */
#include "supervisor/handover.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION 1

bool handover_add_socket(struct handover *handover, int fd)
{
    if (handover->socket_count == HANDOVER_SOCKETS_MAX)
        return false;
    handover->sockets[handover->socket_count++] = fd;
    return true;
}

bool handover_add_process(struct handover *handover, pid_t pid, int channel)
{
    if (handover->process_count == HANDOVER_PROCESSES_MAX)
        return false;
    handover->processes[handover->process_count++] = (struct handover_process){pid, channel};
    return true;
}

/* ---- writing ---- */

static void add_sockets(struct buffer *out, const struct handover *handover)
{
    for (size_t i = 0; i < handover->socket_count; i++) {
        buffer_add_text(out, i ? "," : " ");
        buffer_add_number(out, handover->sockets[i]);
    }
    if (handover->socket_count == 0)
        buffer_add_text(out, " -");
}

static void add_processes(struct buffer *out, const struct handover *handover)
{
    for (size_t i = 0; i < handover->process_count; i++) {
        buffer_add_text(out, i ? "," : " ");
        buffer_add_number(out, handover->processes[i].pid);
        buffer_add_text(out, ":");
        buffer_add_number(out, handover->processes[i].channel);
    }
    if (handover->process_count == 0)
        buffer_add_text(out, " -");
}

void handover_write(struct buffer *out, const struct handover *handover, pid_t pid)
{
    buffer_add_number(out, VERSION);
    buffer_add_text(out, " ");
    buffer_add_number(out, pid);
    buffer_add_text(out, handover->is_lent ? " lent" : " own");
    add_sockets(out, handover);
    add_processes(out, handover);
    buffer_add_text(out, " ");
    buffer_add_text(out, handover->listen);
}

/* ---- reading ---- */

/* A number of at most nine digits, as descriptors and processes have. */
static bool take_number(const char **at, int *number)
{
    size_t digits = strspn(*at, "0123456789");

    if (digits < 1 || digits > 9)
        return false;
    *number = atoi(*at);
    *at += digits;
    return true;
}

static bool take_text(const char **at, const char *text)
{
    size_t length = strlen(text);

    if (strncmp(*at, text, length) != 0)
        return false;
    *at += length;
    return true;
}

static bool take_sockets(struct handover *handover, const char **at)
{
    int fd;

    if (take_text(at, "-"))
        return true;
    do {
        if (!take_number(at, &fd) || !handover_add_socket(handover, fd))
            return false;
    } while (take_text(at, ","));
    return true;
}

static bool take_processes(struct handover *handover, const char **at)
{
    int pid, channel;

    if (take_text(at, "-"))
        return true;
    do {
        if (!take_number(at, &pid) || pid == 0 || !take_text(at, ":") ||
            !take_number(at, &channel) || !handover_add_process(handover, pid, channel))
            return false;
    } while (take_text(at, ","));
    return true;
}

bool handover_read(struct handover *handover, const char *text, pid_t pid)
{
    const char *at = text;
    int version, whose;

    *handover = (struct handover){0};
    if (!take_number(&at, &version) || version != VERSION || !take_text(&at, " ") ||
        !take_number(&at, &whose) || whose != pid || !take_text(&at, " "))
        return false;
    handover->is_lent = take_text(&at, "lent ");
    if ((!handover->is_lent && !take_text(&at, "own ")) || !take_sockets(handover, &at) ||
        !take_text(&at, " ") || !take_processes(handover, &at) || !take_text(&at, " ") ||
        strlen(at) >= sizeof(handover->listen))
        return false;
    memcpy(handover->listen, at, strlen(at) + 1);
    return true;
}

bool handover_take(struct handover *handover)
{
    const char *text = getenv(HANDOVER_VARIABLE);
    bool is_there = text && handover_read(handover, text, getpid());

    if (!is_there)
        *handover = (struct handover){0};
    unsetenv(HANDOVER_VARIABLE);
    return is_there;
}
