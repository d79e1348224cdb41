/*
 * One match (or the lobby) that is followed: what its events say, and what is to be shown of them.
 * It knows nothing of connections.
 *
 * A reader that holds seq n accepts n + 1 and nothing else. An entry that was seen before is
 * dropped; one that is too far breaks the stream, and the next connection resumes.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include <stdbool.h>

#include "base/text.h"
#include "tail/sse.h"

enum follow_end {
    FOLLOW_GOES_ON,
    FOLLOW_BROKEN,  /* connect again */
    FOLLOW_REFUSED, /* for good; `said` has the reason */
    FOLLOW_DONE,    /* all that was asked has been shown */
};

struct follow {
    const char *match;
    bool is_following, until_end, is_json, is_coloured, has_label; /* as the options say */
    char place[128]; /* EPOCH:SEQ of the last event, to resume with; "" before the first */
    long long seen;  /* the last seq; -1 before the first connection */
    bool may_skip;   /* a fresh start: the next seq may be any, since there may be a hole */
    long long head;  /* at the moment of joining */
    bool has_joined; /* this connection */
    bool is_over;    /* the match, as its state says */
    enum follow_end end;
    struct text said; /* for standard error: notes, a line each without the newline */
};

/* A new connection begins. */
void follow_connect(struct follow *follow);

/* An sse_function's work: adds what it shows to `out`. */
void follow_event(struct follow *follow, const struct sse_event *event, struct text *out);

#endif
