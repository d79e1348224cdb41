/* Wants: lanes that take turns. */
#include "hub/wants.h"

#include "base/secret.h"

void wants_init(struct wants *wants)
{
    *wants = (struct wants){0};
    for (int lane = 0; lane < WANTS_LANES; lane++)
        TAILQ_INIT(&wants->lanes[lane]);
}

uint8_t wants_lane(int64_t address)
{
    return (uint8_t)(1 + secret_hash((uint64_t)address) % (WANTS_LANES - 1));
}

void wants_add(struct wants *wants, struct topic *topic, enum want want, uint8_t lane)
{
    topic->want_lanes[want] = lane;
    TAILQ_INSERT_TAIL(&wants->lanes[lane], topic, want_links[want]);
    wants->counts[lane]++;
    wants->count++;
}

static void take_out(struct wants *wants, struct topic *topic, enum want want)
{
    uint8_t lane = topic->want_lanes[want];

    TAILQ_REMOVE(&wants->lanes[lane], topic, want_links[want]);
    wants->counts[lane]--;
    wants->count--;
}

/* The lane whose turn it is, or the next that has some topics. -1: none has. */
static int first_lane(const struct wants *wants)
{
    for (int i = 0; i < WANTS_LANES; i++) {
        int lane = (wants->turn + i) % WANTS_LANES;

        if (wants->counts[lane] > 0)
            return lane;
    }
    return -1;
}

void wants_remove(struct wants *wants, struct topic *topic, enum want want)
{
    uint8_t lane = topic->want_lanes[want];

    if (lane == first_lane(wants))
        wants->turn = (uint8_t)((lane + 1) % WANTS_LANES);
    take_out(wants, topic, want);
}

void wants_share(struct wants *wants, struct topic *topic, enum want want, uint8_t lane)
{
    if (wants->counts[lane] >= wants->counts[topic->want_lanes[want]])
        return;
    take_out(wants, topic, want);
    wants_add(wants, topic, want, lane);
}

struct topic *wants_first(const struct wants *wants)
{
    int lane = wants->count > 0 ? first_lane(wants) : -1;

    return lane < 0 ? NULL : TAILQ_FIRST(&wants->lanes[lane]);
}
