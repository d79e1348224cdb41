/*
 * The hub's topics: made when somebody asks for them, forgotten when memory is short or
 * too many are there that nobody follows, and what of each has to be read from the table.
 */
#ifndef HUB_TOPICS_H
#define HUB_TOPICS_H

#include <stdint.h>

#include "hub/hub.h"

/* So many that nobody follows are kept. Beyond it, those that were left first are forgotten. */
#define HUB_IDLE_MAX 100000

struct topic *hub_topic(const struct hub *hub, int64_t match_id);

/* Finds or makes it. NULL: those that are followed take too much memory, or it ran out. */
struct topic *hub_make_topic(struct hub *hub, int64_t match_id);

/* Frees a topic without followers. */
void hub_drop_topic(struct hub *hub, struct topic *topic);

/* Its history is another one than we have: followers are joined afresh. */
void hub_reset_topic(struct hub *hub, struct topic *topic);

/* Is what we have of it all that there is? Without a live feed nobody could tell. */
bool hub_is_fresh(const struct hub *hub, const struct topic *topic);

/* ---- memory ---- */

/* Counts its memory again. */
void hub_count(struct hub *hub, struct topic *topic);

/*
 * Within --cache-bytes and HUB_IDLE_MAX: forgets topics without followers, and if that is
 * not enough, entries of the others. Ten times in a second at most.
 */
void hub_trim(struct hub *hub);

/* Memory ran out: cuts off the viewers that are behind; once a second at most. */
void hub_shed(struct hub *hub);

/* ---- what they want ---- */

void hub_want(struct hub *hub, struct topic *topic, enum want want);
void hub_unwant(struct hub *hub, struct topic *topic, enum want want);

/* The topic is loaded, for whoever it was. */
void hub_unwant_load(struct hub *hub, struct topic *topic);

/* There is such a match. */
void hub_know(struct hub *hub, struct topic *topic);

/* An entry is known to exist. */
void hub_announce(struct hub *hub, struct topic *topic, int64_t seq);

#endif
