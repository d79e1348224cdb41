/*
 * Loaded into the relay by LD_PRELOAD: a process that has connected to the feeder's socket is told
 * that another user listens there, since only root could start a feeder as another user. The side
 * that listens is told the truth.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Whether the feeder is at the other end: its name is abstract, a NUL and then text. */
static int is_client(int fd)
{
    static const char name[] = "commentary-";
    struct sockaddr_un other;
    socklen_t length = sizeof(other);

    return getpeername(fd, (struct sockaddr *)&other, &length) == 0 && other.sun_family == AF_UNIX &&
           length > offsetof(struct sockaddr_un, sun_path) + sizeof(name) &&
           memcmp(other.sun_path + 1, name, sizeof(name) - 1) == 0;
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    int (*real)(int, int, int, void *, socklen_t *) = dlsym(RTLD_NEXT, "getsockopt");
    int result = real(fd, level, name, value, length);

    if (result == 0 && level == SOL_SOCKET && name == SO_PEERCRED && is_client(fd))
        ((struct ucred *)value)->uid = geteuid() + 1;
    return result;
}
