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
/* Of one stream: each event names the place in all of them. */
#define ROUTE_MATCHES_MAX 16

enum resource {
    RESOURCE_FILE, /* of the page, or nothing */
    RESOURCE_LIVEZ,
    RESOURCE_READYZ,
    RESOURCE_METRICS,
    RESOURCE_WS,
    RESOURCE_EMBED,      /* /embed/ID: a page for frames of other sites */
    RESOURCE_STATE,      /* /matches, /matches/ID */
    RESOURCE_COMMENTARY, /* /matches/ID/commentary */
    RESOURCE_EVENTS,     /* /matches/events, /matches/ID/events, /events?match=ID&match=ID */
    RESOURCE_PAGE,       /* /match/ID; match_id 0: no match can have that number */
    RESOURCE_PAGE_MOVED, /* /match/ID/ */
};

/* A match of a stream of several. */
struct route_place {
    int64_t match_id; /* 0: the lobby */
    bool has_since;
    int64_t since_seq;
};

struct route {
    enum resource resource;
    int64_t match_id; /* 0: the lobby */
    bool has_since;
    int64_t since_seq;
    char since_epoch[REQUEST_EPOCH_MAX + 1];      /* events only */
    int64_t before_seq;                           /* commentary: only what is before; 0: all */
    int limit;                                    /* commentary: at most so many lines */
    int history;                                  /* events: begins with so many */
    struct route_place places[ROUTE_MATCHES_MAX]; /* events of several matches */
    int place_count;                              /* 0: it is about match_id alone */
    /* When it was refused: */
    unsigned status;
    const char *error_code;
    const char *error_message;
};

/* The query without its question mark. False: the error members say why. */
bool route_parse(struct route *route, const char *path, const char *query) MUST_CHECK;

/*
 * Takes the id of the last event that a client had. An id that this relay never gave names no
 * place, so the stream begins afresh: refusing it would end an EventSource for good.
 */
void route_take_last_id(struct route *route, const char *id, size_t length);

#endif
