/*
 * A candidate: one address at which the database may be. It is connected to again and
 * again until it serves:
 *
 *     waiting -> connecting -> asking -> [on_found]
 *        ^___________|____________|  it refuses, or is silent
 *                                 '-> standby -> asking -> …  until it is promoted
 *
 * A standby that waits for its promotion keeps its connection: asking it is cheap, and its
 * session serves as soon as it is a primary.
 */
#ifndef CANDIDATE_H
#define CANDIDATE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/backoff.h"
#include "source/search/conninfo.h"
#include "source/search/diagnosis.h"

struct candidate;
struct event;
struct event_base;

struct candidate_settings {
    struct event_base *base;
    const char *conninfo;
    int64_t patience_ms;   /* with each step of it */
    bool needs_read_write; /* it is not enough that it is no standby */
    /* It serves: candidate_take() its connection. It may be freed in each of these. */
    void (*on_found)(void *context, struct candidate *candidate);
    /* It does not: reason and diagnosis say why. */
    void (*on_failed)(void *context, struct candidate *candidate);
    void *context;
};

enum candidate_state {
    CANDIDATE_WAITING,
    CANDIDATE_CONNECTING,
    CANDIDATE_ASKING,
    CANDIDATE_STANDBY
};

struct candidate {
    const struct candidate_settings *settings;
    TAILQ_ENTRY(candidate) link; /* the search's */
    struct conninfo_host host;
    size_t host_number; /* in the connection string */
    enum candidate_state state;
    PGconn *conn;
    PGresult *answer; /* to what it was asked */
    struct event *io;
    struct event *timer; /* waiting and standby: the next attempt; else the end of patience */
    struct backoff backoff;
    bool has_begun;
    bool is_named;                       /* by the last lookup of its host */
    char reason[DIAGNOSIS_REASON_BYTES]; /* why it does not serve; "": not known yet */
    const struct diagnosis *diagnosis;
};

/* It begins after that time. NULL: memory ran out. The settings have to outlast it. */
struct candidate *candidate_new(const struct candidate_settings *settings,
                                const struct conninfo_host *host, int64_t delay_ms) MUST_CHECK;
void candidate_free(struct candidate *candidate);

/* It begins at once, if it has not begun. */
void candidate_hurry(struct candidate *candidate);

/* The connection belongs to the caller now. */
PGconn *candidate_take(struct candidate *candidate) MUST_CHECK;

#endif
