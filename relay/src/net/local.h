/*
 * The connection from workers to their feeder: a Unix socket with an abstract name. So no folder
 * has to be writable, and no file is left behind. Each relay on a machine has another name.
 *
 * An abstract name has no permissions, and /proc/net/unix shows it. So the kernel is asked for the
 * user of the peer (SO_PEERCRED), and only a process of the same user, or of root, is accepted.
 */
#ifndef LOCAL_H
#define LOCAL_H

#include <stdbool.h>

#include "base/attr.h"

#define LOCAL_NAME_BYTES 48

/* Opens a socket with a random name, and listens. -1: errno says why. */
int local_open(char name[LOCAL_NAME_BYTES]) MUST_CHECK;

/* Whether the other end of a connection is a process of ours. */
bool local_is_ours(int fd) MUST_CHECK;

#endif
