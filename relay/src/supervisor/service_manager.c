/* Datagrams to the service manager. */
#include "supervisor/service_manager.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

static struct {
    int fd;
    struct sockaddr_un address;
    socklen_t address_length; /* 0: the socket is connected */
    int64_t watchdog_ms;
    int64_t next_ms; /* when the next sign of life is due */
    char status[SERVICE_MANAGER_STATUS_BYTES];
} manager = {.fd = -1};

static void notify_send(const char *text)
{
    const struct sockaddr *address =
        manager.address_length ? (const struct sockaddr *)&manager.address : NULL;

    if (manager.fd >= 0 && sendto(manager.fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
                                  address, manager.address_length) < 0)
        log_debug("the service manager was not told", LOG_TEXT("what", text));
}

/* A path, or with @ for its first byte an abstract name: that begins with NUL, and has no end. */
static bool notify_set_address(const char *name)
{
    size_t length = strlen(name);

    if ((name[0] != '/' && name[0] != '@') || length >= sizeof(manager.address.sun_path))
        return false;
    manager.address.sun_family = AF_UNIX;
    memcpy(manager.address.sun_path, name, length);
    if (name[0] == '@')
        manager.address.sun_path[0] = '\0';
    manager.address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return true;
}

/* $WATCHDOG_PID names another process when our parent was meant. */
static int64_t watchdog_of_environment(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

    if (!usec || (pid && strtoll(pid, NULL, 10) != getpid()))
        return 0;
    return strtoll(usec, NULL, 10) / 1000;
}

void service_manager_init(void)
{
    const char *name = getenv("NOTIFY_SOCKET");

    if (!name || !*name)
        return;
    if (!notify_set_address(name)) {
        log_warn("the service manager will be told nothing",
                 LOG_TEXT("hint", "NOTIFY_SOCKET is not a path, nor an abstract socket"));
        return;
    }
    manager.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    manager.watchdog_ms = watchdog_of_environment();
}

void service_manager_init_with(int fd, int64_t watchdog_ms)
{
    if (manager.fd >= 0)
        close(manager.fd);
    manager.fd = fd;
    manager.address_length = 0;
    manager.watchdog_ms = watchdog_ms;
    manager.next_ms = 0;
    manager.status[0] = '\0';
}

void service_manager_ready(void)
{
    notify_send("READY=1");
}

/* The time lets the manager tell this reload from an earlier one. */
void service_manager_reloading(void)
{
    char text[64];
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
             (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    notify_send(text);
}

void service_manager_stopping(void)
{
    notify_send("STOPPING=1");
}

void service_manager_status(const char *text)
{
    char line[SERVICE_MANAGER_STATUS_BYTES + sizeof("STATUS=")];

    if (strcmp(text, manager.status) == 0)
        return;
    snprintf(manager.status, sizeof(manager.status), "%s", text);
    snprintf(line, sizeof(line), "STATUS=%s", manager.status);
    notify_send(line);
}

void service_manager_turn(void)
{
    int64_t now_ms;

    if (manager.watchdog_ms <= 0)
        return;
    now_ms = clock_ms();
    if (now_ms < manager.next_ms)
        return;
    manager.next_ms = now_ms + manager.watchdog_ms / 2;
    notify_send("WATCHDOG=1");
}

int64_t service_manager_watchdog_ms(void)
{
    return manager.watchdog_ms > 0 ? manager.watchdog_ms : 0;
}
