/*
 * A timing wheel: many timers, each added, removed and fired in constant time.
 *
 * libwebsockets keeps its timers in one sorted list: with 8,000 viewers, to set a timer
 * again takes 90 us. Every viewer needs a timer for its pings, so they are here.
 */
#ifndef WHEEL_H
#define WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define WHEEL_SLOTS 64

/* A timer, as a member of the struct that waits. Zeroed, it is not set. */
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

/* Calls the callback for each timer that is due. It may set and unset any timer, also its own. */
void wheel_turn(struct wheel *wheel, int64_t now_ms, wheel_fire *fire, void *context);

#endif
