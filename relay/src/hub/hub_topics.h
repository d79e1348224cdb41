/*
 * The hub's topics: made when somebody needs them, forgotten when memory is short and
 * nobody follows them, and what of each has to be read from the table.
 */
#ifndef HUB_TOPICS_H
#define HUB_TOPICS_H

#include <stdint.h>

#include "hub/hub.h"

/* Beyond it, a viewer that asks for one more is told `unavailable`. */
#define HUB_TOPICS_MAX 100000

struct topic *hub_topic(const struct hub *hub, int64_t match_id);

/* Finds or makes it. NULL: too many, or memory ran out. */
struct topic *hub_make_topic(struct hub *hub, int64_t match_id);

/* Frees a topic without followers. */
void hub_drop_topic(struct hub *hub, struct topic *topic);

/* Its history is another one than we have: followers are joined afresh. */
void hub_reset_topic(struct hub *hub, struct topic *topic);

/* ---- memory ---- */

/* The topic was used: counts its memory again, and it is the last to be forgotten. */
void hub_count(struct hub *hub, struct topic *topic);

/* Forgets topics without followers, as many as it takes; once a second at most. */
void hub_trim(struct hub *hub);

/* Memory ran out: cuts off the viewers that are behind; once a second at most. */
void hub_shed(struct hub *hub);

/* ---- what they want ---- */

void hub_want(struct hub *hub, struct topic *topic, enum want want);
void hub_unwant(struct hub *hub, struct topic *topic, enum want want);

/* An entry is known to exist. */
void hub_announce(struct hub *hub, struct topic *topic, int64_t seq);

#endif
