/*
 * The audience: how many viewers follow a match, on this relay and on the relays below it.
 *
 * Each relay below reports its own viewers. Its newest report counts until three of its intervals
 * have passed. When a relay reports to the relay above it, the answer is the number of viewers in
 * the whole tree. Other relays on the same database are not counted.
 *
 * The name of a relay belongs to the connection by which its reports come, until that connection
 * ends or has brought no report for one and a half intervals. So no relay can report in the name of
 * another one, and a relay that has changed its upstream is heard before its last report expires.
 *
 * The sums are made when somebody asks, at most once a second.
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

/* The report of a relay below. */
struct audience_told {
    const char *relay_id;
    int64_t interval_ms;
    const char *matches, *viewers; /* arrays as {7,9} and {120,3} */
    const void *via;               /* the connection by which it came; it is compared, no more */
};

/* False: the name belongs to another connection. *is_news: this was not logged for it yet. */
bool audience_may_note(struct hub *hub, const char *relay_id, const void *via,
                       bool *is_news) MUST_CHECK;

/* Takes the report. It is dropped if memory ran out; the relay reports again. */
void audience_note(struct hub *hub, const struct audience_told *told);

/* The connection has ended: others may use the names that came by it. */
void audience_disown(struct hub *hub, const void *via);

/* Calls `tell` with how many viewers each of these matches has. */
typedef void (*audience_teller)(void *context, int64_t match_id, int64_t viewers);
void audience_tell(struct hub *hub, const char *matches, audience_teller tell, void *context);

/* A relay above says how many viewers the match has in the whole tree. */
void audience_told(struct hub *hub, int64_t match_id, int64_t viewers);

/*
 * Answers a ping. Only a viewer that follows a match gets its number of viewers, because the
 * existence of the match may be a secret to others.
 */
void audience_answer(struct hub *hub, struct viewer *viewer, const struct request *request);

/* How many viewers the match has, of the whole tree if a relay above has said so. */
int64_t audience_of(struct hub *hub, struct topic *topic);

#endif
