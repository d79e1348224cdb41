/*
 * The search for the host that serves. All addresses that the connection string names are
 * candidates at once, each by itself, so that a dead, silent or full host, or a standby, costs
 * the others nothing. Candidates begin in the order of the string; the first that serves is
 * taken.
 *
 * It goes on until it has found one, however long that takes. Names are looked up again and
 * again meanwhile: after a failover they may lead elsewhere.
 */
#ifndef SEARCH_H
#define SEARCH_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct event_base;
struct search;

/* Does a standby serve? */
enum search_standby {
    SEARCH_NO_STANDBY,
    SEARCH_STANDBY_ALONE, /* if it is the only address, and no primary is asked for */
    SEARCH_ANY_STANDBY,
};

struct search_settings {
    struct event_base *base;
    const char *conninfo;
    enum search_standby standby;
    /* The connection belongs to the caller, and the search has ended: it may be freed. */
    void (*on_found)(void *context, PGconn *conn);
    /*
     * No address serves: told each time that another attempt has failed. For good: all of them
     * refuse us in a way that waiting does not change. The search may be freed.
     */
    void (*on_failed)(void *context, const char *reason, const char *hint, bool is_for_good);
    void *context;
};

/* NULL: memory ran out. */
struct search *search_new(const struct search_settings *settings) MUST_CHECK;

/* NULL is allowed. */
void search_free(struct search *search);

#endif
