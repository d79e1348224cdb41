/*
 * Looks up the addresses of a host name without blocking the event loop: the system's
 * resolver waits for name servers, so it runs in a thread of its own.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <stddef.h>

#include "base/attr.h"

struct event_base;
struct resolve;

/* How many addresses of a name are used; the others are left out. */
#define RESOLVE_ADDRESSES_MAX 16
#define RESOLVE_ADDRESS_BYTES 80 /* as text, with the zone of a link-local address */

struct resolved {
    char addresses[RESOLVE_ADDRESSES_MAX][RESOLVE_ADDRESS_BYTES];
    size_t count;      /* 0: there is none … */
    const char *error; /* … because of this */
};

/*
 * Called once in the event loop, and never from within resolve_new(). Its arguments are valid
 * during the call. It may free the lookup.
 */
typedef void resolve_done(void *context, const struct resolved *resolved);

/* NULL: memory or threads ran out. */
struct resolve *resolve_new(struct event_base *base, const char *name, resolve_done *on_done,
                            void *context) MUST_CHECK;

/* NULL is allowed. A lookup that is under way is cancelled: on_done is not called any more. */
void resolve_free(struct resolve *resolve);

#endif
