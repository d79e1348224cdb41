/*
 * Limits per address: how many connections and how many viewers it may have, and how
 * many viewers may come in a second.
 *
 * The number of remembered addresses is bounded. An address is forgotten when it has no connection,
 * no viewer, and a full bucket. When there is no room for another address, its clients are accepted
 * uncounted: against so many addresses a limit on each is no help, and honest viewers must not
 * suffer. --max-viewers still holds.
 */
#ifndef LIMITS_H
#define LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/bucket.h"
#include "base/map.h"

/* An address that is remembered. */
struct visitor {
    int64_t key;
    int64_t peers; /* connections, from accept to close */
    int64_t viewers;
    struct bucket connects;
    TAILQ_ENTRY(visitor) idle_link; /* while it has neither */
};

/* Connections of an address that are no viewers, beside as many as it may have viewers. */
#define LIMITS_GUESTS 1024

struct limits_settings {
    int64_t viewers_per_address;
    int64_t connects_per_address; /* in a second */
    size_t addresses_max;
};

TAILQ_HEAD(visitor_queue, visitor);

struct limits {
    struct limits_settings settings;
    struct map visitors;       /* by key */
    struct visitor_queue idle; /* visitors without a connection; the longest idle first */
    uint64_t secrets[2];       /* so that no client can choose addresses that collide */
};

enum limits_verdict { LIMITS_WELCOME, LIMITS_TOO_MANY, LIMITS_TOO_FAST };

/* False, with errno: the system has no random numbers for us. */
bool limits_init(struct limits *limits, const struct limits_settings *settings) MUST_CHECK;

/*
 * A connection from this address (see address.h) has been accepted. True: it may stay, and
 * *visitor is for limits_go; NULL: it is not counted. False: the address has too many.
 */
bool limits_come(struct limits *limits, int64_t address, int64_t now_ms,
                 struct visitor **visitor) MUST_CHECK;

/* That connection is closed. */
void limits_go(struct limits *limits, struct visitor *visitor);

/* A client from this address (see address.h) wants to become a viewer. */
enum limits_verdict limits_knock(struct limits *limits, int64_t address, int64_t now_ms) MUST_CHECK;

/* The client is a viewer now. The result is for limits_leave; NULL: it is not counted. */
struct visitor *limits_enter(struct limits *limits, int64_t address, int64_t now_ms) MUST_CHECK;

void limits_leave(struct limits *limits, struct visitor *visitor);

/* Also visitors that have not left. */
void limits_free(struct limits *limits);

#endif
