/*
 * Giving up root: the steps that need it (a port below 1024, a private key) are done first,
 * and a process that accepts clients never has it.
 */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/attr.h"

#define PRIVILEGES_ERROR_BYTES 256

/* The user to become. */
struct identity {
    uid_t uid;
    gid_t gid;
    char name[64];
    char home[256];
};

/* Looks up "NAME" or "NAME:GROUP", without becoming it. False, with error: there is none. */
bool privileges_find(const char *user, struct identity *identity,
                     char error[PRIVILEGES_ERROR_BYTES]) MUST_CHECK;

/*
 * Becomes that user with its groups, for good, unless this process is that already.
 * HOME is its home then, where libpq looks for .pgpass. False, with error: only root can
 * do so, or the process has changed in part; it must end.
 */
bool privileges_drop(const struct identity *identity,
                     char error[PRIVILEGES_ERROR_BYTES]) MUST_CHECK;

/* No program that this process executes can gain privileges, by setuid for instance. */
void privileges_gain_no_more(void);

bool privileges_are_roots(void);

#endif
