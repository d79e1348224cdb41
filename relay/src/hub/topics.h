/*
 * The hub's topics: made when somebody asks for them, forgotten when memory is short or
 * too many are there that nobody follows, and what of each has to be read from the table.
 */
#ifndef TOPICS_H
#define TOPICS_H

#include <stdint.h>

#include "hub/state.h"

/* So many that nobody follows are kept. Beyond it, those that were left first are forgotten. */
#define TOPICS_IDLE_MAX 100000

struct topic *topics_find(const struct hub *hub, int64_t match_id);

/* Finds or makes it. NULL: those that are followed take too much memory, or it ran out. */
struct topic *topics_make(struct hub *hub, int64_t match_id);

/* Frees a topic without followers. */
void topics_drop(struct hub *hub, struct topic *topic);

/* Its history is another one than we have: followers are joined afresh. */
void topics_reset(struct hub *hub, struct topic *topic);

/* Is what we have of it all that there is? Without a live feed nobody could tell. */
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

void topics_want(struct hub *hub, struct topic *topic, enum want want);
void topics_unwant(struct hub *hub, struct topic *topic, enum want want);

/* The topic is loaded, for whoever it was. */
void topics_unwant_load(struct hub *hub, struct topic *topic);

/* There is such a match. */
void topics_know(struct hub *hub, struct topic *topic);

/* An entry is known to exist. */
void topics_announce(struct hub *hub, struct topic *topic, int64_t seq);

#endif
