/*
 * What an HTTP request asks for, from its path and its query: see PROTOCOL.md.
 *
 * Requests come from the open internet. Parsing one ends in a resource with checked
 * parameters, or in an error to send back.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "wire/request.h"

/* Of one answer of /matches/ID/commentary. */
#define ROUTE_LIMIT_MAX 500
#define ROUTE_LIMIT 100

enum resource {
    RESOURCE_FILE, /* of the page, or nothing */
    RESOURCE_LIVEZ,
    RESOURCE_READYZ,
    RESOURCE_METRICS,
    RESOURCE_WS,
    RESOURCE_EMBED,      /* /embed/ID: a page for frames of other sites */
    RESOURCE_STATE,      /* /matches, /matches/ID */
    RESOURCE_COMMENTARY, /* /matches/ID/commentary */
    RESOURCE_EVENTS,     /* /matches/events, /matches/ID/events */
};

struct route {
    enum resource resource;
    int64_t match_id; /* 0: the lobby */
    bool has_since;
    int64_t since_seq;
    char since_epoch[REQUEST_EPOCH_MAX + 1]; /* events only */
    int limit;                               /* commentary: at most so many entries */
    int history;                             /* events: begins with so many */
    /* When it was refused: */
    unsigned status;
    const char *error_code;
    const char *error_message;
};

/* The query without its question mark. False: the error members say why. */
bool route_parse(struct route *route, const char *path, const char *query) MUST_CHECK;

/* Parses EPOCH:SEQ. False: it is wrong. */
bool route_parse_since(struct route *route, const char *text, size_t length) MUST_CHECK;

#endif
