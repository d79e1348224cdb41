/*
 * Wants: the topics that have to be read from the table for one reason (enum want).
 *
 * Clients stand in lanes by their address, and lanes take turns: a client that asks for a
 * thousand matches waits for a thousand reads, and a client from another address for one
 * turn of each lane at most. Which addresses share a lane nobody can foresee. What the relay
 * itself wants has a lane of its own. A queue is as long as there are topics, which are
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

/* The topic is not in it yet. */
void wants_add(struct wants *wants, struct topic *topic, enum want want, uint8_t lane);

/* The topic is in it. If it was its lane's turn, it is the next one's. */
void wants_remove(struct wants *wants, struct topic *topic, enum want want);

/* The topic is in it, and a client of this lane wants it as well: it goes where it waits less. */
void wants_share(struct wants *wants, struct topic *topic, enum want want, uint8_t lane);

/* The first topic of the lane whose turn it is, or of the next lane that has some. NULL: none. */
struct topic *wants_first(const struct wants *wants);

#endif
