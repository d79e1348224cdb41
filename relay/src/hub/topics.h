/*
 * The hub's topics: they are made when a client asks for them, and forgotten when memory is
 * short or too many are without followers. And what of each has to be read from the table.
 */
#ifndef TOPICS_H
#define TOPICS_H

#include <stdint.h>

#include "hub/state.h"

/* So many topics without followers are kept; beyond it, those left first are forgotten. */
#define TOPICS_IDLE_MAX 100000

void topics_init(struct hub *hub);

struct topic *topics_find(const struct hub *hub, int64_t match_id);

/* Finds or makes a topic. NULL: the followed topics take too much memory, or it ran out. */
struct topic *topics_make(struct hub *hub, int64_t match_id);

/* Frees a topic without followers. */
void topics_drop(struct hub *hub, struct topic *topic);

/* The table holds another history than the relay: the viewers are joined afresh. */
void topics_reset(struct hub *hub, struct topic *topic);

/* Whether memory is known to hold its newest entry. Without a live feed it counts as so. */
bool topics_has_fresh(const struct hub *hub, const struct topic *topic);

/* ---- memory ---- */

/* Counts its memory again. */
void topics_count(struct hub *hub, struct topic *topic);

/*
 * Within --cache-bytes and TOPICS_IDLE_MAX: forgets topics without followers, and if that is
 * not enough, entries of the others. Ten times in a second at most.
 */
void topics_trim(struct hub *hub);

/* Memory ran out: cuts off the viewers that are behind; once a second at most. */
void topics_shed(struct hub *hub);

/* ---- what they want ---- */

/* The relay itself wants it, or a client: of its lane (see wants.h). */
void topics_want(struct hub *hub, struct topic *topic, enum want want);
void topics_want_for(struct hub *hub, struct topic *topic, enum want want, uint8_t lane);
void topics_unwant(struct hub *hub, struct topic *topic, enum want want);

/* The topic is loaded: no kind of load is wanted any more. */
void topics_unwant_load(struct hub *hub, struct topic *topic);

/*
 * There is no such match yet, and a viewer of that lane waits for it. It is not loaded before
 * it is known to be there. False: too many are waited for.
 */
bool topics_await(struct hub *hub, struct topic *topic, uint8_t lane) MUST_CHECK;

/* There is such a match. If it was waited for, it is loaded. */
void topics_know(struct hub *hub, struct topic *topic);

/* An entry is known to exist. */
void topics_announce(struct hub *hub, struct topic *topic, int64_t seq);

#endif
