/*
 * Loaded into the relay by LD_PRELOAD: answers for names that no name server knows. They are in
 * $NAMES, as in "db.test=127.0.0.1,127.0.0.2 slow.test=": the server of a name without an address
 * never answers. All other names are looked up as usual.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

/* What stands behind NAME= in $NAMES, or NULL. */
static const char *addresses_of(const char *name)
{
    size_t length = name ? strlen(name) : 0;

    for (const char *at = getenv("NAMES"); length && at && *at; at = strchr(at, ' '), at += at != 0) {
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return at + length + 1;
        if (!strchr(at, ' '))
            break;
    }
    return NULL;
}

static int add(lookup *real, const char *address, size_t length, const struct addrinfo *hints,
               struct addrinfo **list)
{
    char text[64] = "";
    struct addrinfo **end = list;

    memcpy(text, address, length);
    while (*end)
        end = &(*end)->ai_next;
    return real(text, NULL, hints, end);
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **list)
{
    lookup *real = (lookup *)dlsym(RTLD_NEXT, "getaddrinfo");
    const char *addresses = addresses_of(name);
    int error = EAI_NONAME;

    if (!addresses)
        return real(name, service, hints, list);
    while (*addresses == ' ' || *addresses == '\0')
        sleep(1000);
    *list = NULL;
    while (*addresses && *addresses != ' ') {
        size_t length = strcspn(addresses, ", ");

        error = add(real, addresses, length, hints, list);
        addresses += length + (addresses[length] == ',');
    }
    return error;
}
