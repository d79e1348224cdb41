/*
 * Wants: the topics that have to be read from the table for one purpose (enum want).
 *
 * Each topic waits in the lane of the client that wants it, and the lanes take turns. The lane
 * depends on the client's address. So a client that asks for a thousand matches waits for a
 * thousand reads, but a client in another lane waits for at most one turn of each lane. A secret
 * decides which addresses share a lane, so that nobody can choose an address by it. The relay's
 * own reads have a lane of their own. The queues are bounded by the number of topics, which is
 * bounded by memory: see topics.h.
 */
#ifndef WANTS_H
#define WANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "topic/topic.h"

#define WANTS_LANES 64
#define WANTS_OURS 0 /* the relay's own lane */

struct wants {
    struct topic_queue lanes[WANTS_LANES];
    uint32_t counts[WANTS_LANES];
    uint32_t count; /* of all lanes */
    uint8_t turn;   /* the lane whose turn it is */
};

void wants_init(struct wants *wants);

/* The lane of an address: see address.h. */
uint8_t wants_lane(int64_t address);

/* Adds a topic, which must not be in it yet, at the end of the lane. */
void wants_add(struct wants *wants, struct topic *topic, enum want want, uint8_t lane);

/* Removes a topic, which must be in it. If it was the turn of its lane, the next lane is on. */
void wants_remove(struct wants *wants, struct topic *topic, enum want want);

/* The topic is in it, and a client of this lane wants it too: moves it to this lane if that is
   shorter. */
void wants_share(struct wants *wants, struct topic *topic, enum want want, uint8_t lane);

/* The first topic of the lane whose turn it is, or of the next lane that has some. NULL: none. */
struct topic *wants_first(const struct wants *wants);

#endif
