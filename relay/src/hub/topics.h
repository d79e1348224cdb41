/*
 * The hub's topics. A topic is made when a client asks for its match, and forgotten when memory is
 * short or too many topics have no viewers. It is also kept here what has to be read of each topic.
 */
#ifndef TOPICS_H
#define TOPICS_H

#include <stdint.h>

#include "hub/state.h"

/* How many topics without viewers are kept; beyond it, those without viewers for longest go. */
#define TOPICS_IDLE_MAX 100000

void topics_init(struct hub *hub);

struct topic *topics_find(const struct hub *hub, int64_t match_id);

/* Finds or makes a topic. NULL: the followed topics take too much memory, or it ran out. */
struct topic *topics_make(struct hub *hub, int64_t match_id);

/* Frees a topic, which must have no follows. */
void topics_drop(struct hub *hub, struct topic *topic);

/* The log in the table was rewritten: the topic is read anew, and its viewers join afresh. */
void topics_reset(struct hub *hub, struct topic *topic);

/* Whether the topic is known to have its newest entry. Without a live feed: true. */
bool topics_has_fresh(const struct hub *hub, const struct topic *topic);

/* ---- memory ---- */

/* Its memory has changed: corrects the sum of all topics. */
void topics_count(struct hub *hub, struct topic *topic);

/*
 * Keeps the topics within --cache-bytes and TOPICS_IDLE_MAX: forgets topics without viewers, and if
 * that is not enough, frees entries of the others. Runs at most ten times in a second.
 */
void topics_trim(struct hub *hub);

/* Memory ran out: closes the viewers that are behind; at most once a second. */
void topics_shed(struct hub *hub);

/* ---- what they want ---- */

/* The relay itself wants this read, or (topics_want_for) a client of that lane: see wants.h. */
void topics_want(struct hub *hub, struct topic *topic, enum want want);
void topics_want_for(struct hub *hub, struct topic *topic, enum want want, uint8_t lane);
void topics_unwant(struct hub *hub, struct topic *topic, enum want want);

/* The topic is loaded: no kind of load is wanted any more. */
void topics_unwant_load(struct hub *hub, struct topic *topic);

/*
 * The match does not exist yet, and a viewer of that lane waits for it. The topic is not loaded
 * before the match is known to exist. False: the clients of that lane wait for too many already.
 */
bool topics_await(struct hub *hub, struct topic *topic, uint8_t lane) MUST_CHECK;

/* The match exists. If a viewer waits for it, it is loaded. */
void topics_know(struct hub *hub, struct topic *topic);

/* An entry is known to exist. */
void topics_announce(struct hub *hub, struct topic *topic, int64_t seq);

#endif
