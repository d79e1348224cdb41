/*
 * The addresses of a host name, looked up without holding up the loop: the system's
 * resolver waits for name servers, so it is asked in a thread of its own.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <stddef.h>

#include "base/attr.h"

struct event_base;
struct resolve;

/* Of one name; more are left out. */
#define RESOLVE_ADDRESSES_MAX 16
#define RESOLVE_ADDRESS_BYTES 80 /* as text, with the zone of a link-local address */

struct resolved {
    char addresses[RESOLVE_ADDRESSES_MAX][RESOLVE_ADDRESS_BYTES];
    size_t count;      /* 0: there is none … */
    const char *error; /* … because of this */
};

/*
 * Called in the loop, once, and never from within resolve_new(). What it is given ends
 * with the call. The lookup may be freed in it.
 */
typedef void resolve_done(void *context, const struct resolved *resolved);

/* NULL: memory or threads ran out. */
struct resolve *resolve_new(struct event_base *base, const char *name, resolve_done *on_done,
                            void *context) MUST_CHECK;

/* NULL is allowed. A lookup under way is given up: on_done is not called any more. */
void resolve_free(struct resolve *resolve);

#endif
