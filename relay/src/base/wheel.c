/* A timing wheel: slot after slot, a timer that is far away waits some rounds. */
#include "base/wheel.h"

void wheel_init(struct wheel *wheel, int64_t now_ms, int64_t tick_ms)
{
    for (unsigned i = 0; i < WHEEL_SLOTS; i++)
        LIST_INIT(&wheel->slots[i]);
    wheel->tick_ms = tick_ms;
    wheel->next_tick_ms = now_ms + tick_ms;
    wheel->hand = 0;
}

/*
 * The hand may be behind: the program was busy, or stopped, or the machine was. So what
 * is set now counts from now, and does not fire with what is overdue.
 */
void wheel_set(struct wheel *wheel, struct wheel_timer *timer, int64_t now_ms, int64_t delay_ms)
{
    int64_t hand_ms = wheel->next_tick_ms - wheel->tick_ms;
    int64_t ahead_ms = now_ms + delay_ms - hand_ms;
    uint64_t ticks =
        ahead_ms > 0 ? (uint64_t)((ahead_ms + wheel->tick_ms - 1) / wheel->tick_ms) : 1;

    wheel_unset(timer);
    timer->rounds = (uint32_t)((ticks - 1) / WHEEL_SLOTS);
    timer->is_set = true;
    LIST_INSERT_HEAD(&wheel->slots[(wheel->hand + ticks) % WHEEL_SLOTS], timer, link);
}

void wheel_unset(struct wheel_timer *timer)
{
    if (!timer->is_set)
        return;
    LIST_REMOVE(timer, link);
    timer->is_set = false;
}

/*
 * The slot is emptied into a list of its own first: a callback may put timers
 * into the same slot, and may unset any that are still to fire.
 */
static void wheel_tick(struct wheel *wheel, wheel_fire *fire, void *context)
{
    struct wheel_slot due = LIST_HEAD_INITIALIZER(due);
    struct wheel_slot *slot;
    struct wheel_timer *timer, *next;

    wheel->hand = (wheel->hand + 1) % WHEEL_SLOTS;
    slot = &wheel->slots[wheel->hand];
    for (timer = LIST_FIRST(slot); timer; timer = next) {
        next = LIST_NEXT(timer, link);
        if (timer->rounds-- > 0)
            continue;
        LIST_REMOVE(timer, link);
        LIST_INSERT_HEAD(&due, timer, link);
    }
    while ((timer = LIST_FIRST(&due))) {
        wheel_unset(timer);
        fire(timer, context);
    }
}

void wheel_turn(struct wheel *wheel, int64_t now_ms, wheel_fire *fire, void *context)
{
    while (wheel->next_tick_ms <= now_ms) {
        wheel->next_tick_ms += wheel->tick_ms;
        wheel_tick(wheel, fire, context);
    }
}
