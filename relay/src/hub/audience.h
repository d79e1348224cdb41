/*
 * The audience: how many viewers follow a match, on this relay and on those that follow it.
 *
 * Relays below report how many viewers they have, each for itself; the newest report of each
 * counts, until three of its intervals have passed. A relay with others above it is told by
 * them how many there are in the whole tree, when it reports. Relays that follow the same
 * database beside this one are not counted.
 *
 * A name belongs to the connection that it came by, until that ends or has not told it for one
 * and a half intervals: no relay speaks for another one meanwhile, and one that has moved to
 * another way up is heard before its last report is too old.
 *
 * The sums are made anew when somebody asks, at most once a second.
 */
#ifndef AUDIENCE_H
#define AUDIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct hub;
struct request;
struct topic;
struct viewer;
struct audience;

void audience_init(struct audience *audience);
void audience_free(struct audience *audience);

/* What a relay below has said of itself. */
struct audience_told {
    const char *relay_id;
    int64_t interval_ms;
    const char *matches, *viewers; /* arrays as {7,9} and {120,3} */
    const void *via;               /* the connection by which it came; it is compared, no more */
};

/* False: the name belongs to another connection. *is_news: that has not been said of it yet. */
bool audience_may_note(struct hub *hub, const char *relay_id, const void *via,
                       bool *is_news) MUST_CHECK;

/* It has so many viewers. Without memory it is dropped; the relay reports again. */
void audience_note(struct hub *hub, const struct audience_told *told);

/* The connection has ended: others may use the names that came by it. */
void audience_disown(struct hub *hub, const void *via);

/* Calls `tell` with how many viewers each of these matches has. */
typedef void (*audience_teller)(void *context, int64_t match_id, int64_t viewers);
void audience_tell(struct hub *hub, const char *matches, audience_teller tell, void *context);

/* A relay above says how many viewers the match has in the whole tree. */
void audience_told(struct hub *hub, int64_t match_id, int64_t viewers);

/*
 * Answers a ping. How many viewers a match has is told to those that follow it: to others it
 * may be a secret that there is such a match.
 */
void audience_answer(struct hub *hub, struct viewer *viewer, const struct request *request);

/* How many viewers the match has, as far as is known here. */
int64_t audience_of(struct hub *hub, struct topic *topic);

#endif
