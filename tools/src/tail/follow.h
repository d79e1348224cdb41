/*
 * The events of one match, or of the lobby, and the lines that are shown for them. stream.h has the
 * connection.
 *
 * After seq n only n + 1 is accepted. An entry that was seen before is dropped. After a gap the
 * stream counts as broken, and the next connection resumes at n.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include <stdbool.h>

#include "base/text.h"
#include "tail/sse.h"

enum follow_end {
    FOLLOW_GOES_ON,
    FOLLOW_BROKEN,  /* connect again */
    FOLLOW_REFUSED, /* do not connect again; `said` has the reason */
    FOLLOW_DONE,    /* all that the options ask for has been shown */
};

struct follow {
    const char *match;
    bool is_following, until_end, is_json, is_coloured, has_label; /* from the options */
    char place[128]; /* EPOCH:SEQ of the last event, to resume with; "" before the first */
    long long seen;  /* the last seq; -1 before the first connection */
    bool may_skip;   /* a fresh start: the next seq may be any, since there may be a hole */
    long long head;  /* when this connection joined */
    bool has_joined; /* this connection has joined */
    bool is_over;    /* the status of the match is one of those that end it */
    enum follow_end end;
    struct text said; /* messages for standard error, one a line, without the last newline */
};

/* Call it when a new connection begins. */
void follow_connect(struct follow *follow);

/* Takes an event (see sse_function), and adds the lines that it shows to `out`. */
void follow_event(struct follow *follow, const struct sse_event *event, struct text *out);

#endif
