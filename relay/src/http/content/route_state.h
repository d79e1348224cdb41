/* The resource that an HTTP request asks for, as a struct: see route.h. */
#ifndef ROUTE_STATE_H
#define ROUTE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/listing.h"
#include "wire/request.h"

/* Lines in one answer of /matches/ID/commentary: at most, and if the client does not say. */
#define ROUTE_LIMIT_MAX 500
#define ROUTE_LIMIT 100
/* Matches in one answer of /matches with parameters, if the client does not say. */
#define ROUTE_MATCHES 50
/* Matches of one stream, a limit because the id of each event has the place in all of them. */
#define ROUTE_MATCHES_MAX 16

enum resource {
    RESOURCE_FILE, /* a file of the page; it may not exist */
    RESOURCE_LIVEZ,
    RESOURCE_READYZ,
    RESOURCE_METRICS,
    RESOURCE_WS,
    RESOURCE_EMBED,      /* /embed/ID: a page for frames of other sites */
    RESOURCE_STATE,      /* /matches, /matches/ID */
    RESOURCE_MATCHES,    /* /matches with parameters: a list from the database */
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
    char since_epoch[REQUEST_EPOCH_MAX + 1]; /* "": none was named */
    int64_t before_seq;                      /* commentary: only entries before it; 0: all */
    int limit;                               /* commentary: at most so many lines */
    int history;                             /* events: how many lines it begins with */
    union {
        struct route_place places[ROUTE_MATCHES_MAX]; /* events of several matches */
        struct listing_wish listing;                  /* matches */
    };
    int place_count; /* 0: the request is about match_id alone */
    /* If the request was refused: */
    unsigned status;
    const char *error_code;
    const char *error_message;
};

#endif
