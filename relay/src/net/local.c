/* Sockets of this machine. */
#include "net/local.h"

#include <event2/util.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Workers that come before the feeder is there wait for it. */
#define BACKLOG 512

int local_open(char name[LOCAL_NAME_BYTES])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uint64_t random[2];
    socklen_t length;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    evutil_secure_rng_get_bytes(random, sizeof(random));
    snprintf(name, LOCAL_NAME_BYTES, "commentary-%016" PRIx64 "%016" PRIx64, random[0], random[1]);
    memcpy(address.sun_path + 1, name, strlen(name)); /* after a NUL: it is abstract */
    length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
    if (fd < 0 ||
        (bind(fd, (const struct sockaddr *)&address, length) == 0 && listen(fd, BACKLOG) == 0))
        return fd;
    close(fd);
    return -1;
}

bool local_is_ours(int fd)
{
    struct ucred other;
    socklen_t length = sizeof(other);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &other, &length) == 0 &&
           (other.uid == geteuid() || other.uid == 0);
}
