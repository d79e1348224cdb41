/*
 * The way from workers to their feeder: a Unix socket with an abstract name, so that no folder
 * has to be writable and none is left behind; two relays on one machine have different names.
 *
 * An abstract name has no rights, and /proc/net/unix shows it. So the kernel is asked who has
 * connected (SO_PEERCRED), and only a process of the same user, or of root, is let in.
 */
#ifndef LOCAL_H
#define LOCAL_H

#include <stdbool.h>

#include "base/attr.h"

#define LOCAL_NAME_BYTES 48

/* Opens one with a name that nobody can foresee, and listens. -1: errno says why. */
int local_open(char name[LOCAL_NAME_BYTES]) MUST_CHECK;

/* Whether the other end of a connection is a process of ours. */
bool local_is_ours(int fd) MUST_CHECK;

#endif
