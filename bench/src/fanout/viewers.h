/*
 * The viewers: N connections in one epoll. Each knows which seq it must get next of
 * each match; what it gets is counted, and what is wrong with it.
 */
#ifndef VIEWERS_H
#define VIEWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"
#include "options.h"

/* Viewers that the server sends away, and that come back at once. */
struct moves {
    int count;                 /* that are back */
    struct histogram absences; /* from the bye until subscribed again */
    int64_t longest_ns;
    int64_t first_ns, last_ns;         /* the first bye, the last return */
    int64_t first_cpu_ns, last_cpu_ns; /* of this program */
};

struct tally {
    uint64_t delivered; /* whole, in order, for the first time */
    uint64_t lost, doubled, damaged;
    int ready;           /* viewers that may be published to */
    int closed;          /* by the server, of those that read */
    int failed;          /* never became ready */
    int resumed, afresh; /* told in the middle to go on in another epoch, or to begin again */
    struct histogram delays, connects;
    struct moves moves;
};

void viewers_init(const struct options *options);

/* Begins more connections, to so many in all, and to as many as may be on their way. */
void viewers_connect_more(int limit);

/* Another descriptor to wait for; its readiness is what viewers_turn() returns. */
void viewers_watch(int fd);

/* Waits at most so long, and reads what came. */
bool viewers_turn(int64_t wait_ns);

/* Those that are to be slow stop reading. Who reads what is settled with this. */
void viewers_slow_down(void);

/* How many read this match. */
int viewers_audience(int match);

struct tally *viewers_tally(void);

/* What the relay said when they subscribed: the newest seq of the match, its epoch. */
int64_t viewers_head(int match);
const char *viewers_epoch(void);

/* Ends all connections at once, without lingering in TIME_WAIT. */
void viewers_end(void);

#endif
