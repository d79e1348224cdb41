/* Giving up root, and making sure that it is gone. */
#include "main/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool complain(char *error, const char *wrong, const char *name, const char *to_do)
{
    snprintf(error, PRIVILEGES_ERROR_BYTES, "%s%.64s%s", wrong, name, to_do);
    return false;
}

static bool find_group(const char *name, struct identity *identity, char *error)
{
    const struct group *group = getgrnam(name);

    if (!group)
        return complain(error, "there is no group ", name, "; make it with groupadd --system");
    identity->gid = group->gr_gid;
    return true;
}

bool privileges_find(const char *user, struct identity *identity,
                     char error[PRIVILEGES_ERROR_BYTES])
{
    const char *colon = strchr(user, ':');
    size_t length = colon ? (size_t)(colon - user) : strlen(user);
    const struct passwd *entry = NULL;

    *identity = (struct identity){0};
    if (length < sizeof(identity->name)) {
        memcpy(identity->name, user, length);
        entry = getpwnam(identity->name);
    }
    if (!entry || strlen(entry->pw_dir) >= sizeof(identity->home))
        return complain(error, "there is no user ", identity->name,
                        "; make it with useradd --system");
    if (entry->pw_uid == 0)
        return complain(error, "", identity->name, " is root; choose one with fewer privileges");
    identity->uid = entry->pw_uid;
    identity->gid = entry->pw_gid;
    snprintf(identity->home, sizeof(identity->home), "%s", entry->pw_dir);
    return !colon || find_group(colon + 1, identity, error);
}

static bool is_already(const struct identity *identity)
{
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;

    return getresuid(&real, &effective, &saved) == 0 &&
           getresgid(&real_group, &effective_group, &saved_group) == 0 && real == identity->uid &&
           effective == identity->uid && saved == identity->uid && real_group == identity->gid &&
           effective_group == identity->gid && saved_group == identity->gid;
}

/* Groups come first: a process that is no longer root cannot change them. */
static bool become(const struct identity *identity)
{
    return initgroups(identity->name, identity->gid) == 0 &&
           setresgid(identity->gid, identity->gid, identity->gid) == 0 &&
           setresuid(identity->uid, identity->uid, identity->uid) == 0;
}

bool privileges_drop(const struct identity *identity, char error[PRIVILEGES_ERROR_BYTES])
{
    if (is_already(identity))
        return true;
    if (!privileges_are_roots())
        return complain(error, "only root can become ", identity->name,
                        "; start it as root, or as that user");
    if (!become(identity) || setenv("HOME", identity->home, 1) != 0) {
        snprintf(error, PRIVILEGES_ERROR_BYTES, "cannot become %.64s: %s", identity->name,
                 strerror(errno));
        return false;
    }
    if (!is_already(identity) || setuid(0) == 0 || seteuid(0) == 0)
        return complain(error, "", identity->name,
                        " could become root again; look at what the container allows");
    return true;
}

void privileges_gain_no_more(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

bool privileges_are_roots(void)
{
    return geteuid() == 0;
}
