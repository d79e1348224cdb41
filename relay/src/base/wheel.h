/*
 * A timing wheel: many timers, each added, removed and fired in constant time.
 *
 * libwebsockets keeps its timers in one sorted list, which costs 90 us for each
 * re-arm at 8,000 viewers; every viewer has a ping to come, so it needs this.
 */
#ifndef WHEEL_H
#define WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define WHEEL_SLOTS 64

/* Part of whatever waits. Zeroed, it waits for nothing. */
struct wheel_timer {
    LIST_ENTRY(wheel_timer) link;
    uint32_t rounds; /* how often the wheel still has to turn */
    bool is_set;
};

LIST_HEAD(wheel_slot, wheel_timer);

struct wheel {
    struct wheel_slot slots[WHEEL_SLOTS];
    int64_t tick_ms;
    int64_t next_tick_ms; /* when the hand moves on */
    unsigned hand;
};

typedef void wheel_fire(struct wheel_timer *timer, void *context);

/* A timer fires up to one tick late, never early. */
void wheel_init(struct wheel *wheel, int64_t now_ms, int64_t tick_ms);

/* Sets a timer, which may be set already; the wheel does not own it. */
void wheel_set(struct wheel *wheel, struct wheel_timer *timer, int64_t now_ms, int64_t delay_ms);
void wheel_unset(struct wheel_timer *timer);

/* Fires what is due. The callback may set and unset any timer, its own as well. */
void wheel_turn(struct wheel *wheel, int64_t now_ms, wheel_fire *fire, void *context);

#endif
