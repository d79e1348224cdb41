/* The timing wheel: never early, at most one tick late, whatever callbacks do. */
#include "unit.h"

#include "base/wheel.h"

#define TICK_MS 10

struct alarm {
    struct wheel_timer timer;
    int64_t fired_ms; /* 0: not yet */
};

struct scene {
    struct wheel wheel;
    int64_t now_ms;
    int fired;
    struct wheel_timer *unset_when_fired;
    int64_t again_ms; /* above 0: each timer sets itself again */
};

static void on_fire(struct wheel_timer *timer, void *context)
{
    struct scene *scene = context;

    ((struct alarm *)timer)->fired_ms = scene->now_ms;
    scene->fired++;
    if (scene->unset_when_fired && scene->unset_when_fired != timer)
        wheel_unset(scene->unset_when_fired);
    if (scene->again_ms)
        wheel_set(&scene->wheel, timer, scene->now_ms, scene->again_ms);
}

static void go_to(struct scene *scene, int64_t until_ms)
{
    while (scene->now_ms < until_ms) {
        scene->now_ms++;
        wheel_turn(&scene->wheel, scene->now_ms, on_fire, scene);
    }
}

static void a_timer_is_never_early_and_a_tick_late_at_most(void **state)
{
    static const int64_t delays[] = {1, 5, 10, 11, 95, 640, 641, 6400, 12345};

    (void)state;
    for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
        struct scene scene = {.now_ms = 3};
        struct alarm alarm = {.fired_ms = 0};

        wheel_init(&scene.wheel, 0, TICK_MS);
        wheel_set(&scene.wheel, &alarm.timer, scene.now_ms, delays[i]);
        go_to(&scene, 20000);
        assert_int_equal(scene.fired, 1);
        assert_between(alarm.fired_ms - 3, delays[i], delays[i] + TICK_MS);
    }
}

static void one_that_is_unset_does_not_fire(void **state)
{
    struct scene scene = {.now_ms = 0};
    struct alarm alarm = {.fired_ms = 0};

    (void)state;
    wheel_init(&scene.wheel, 0, TICK_MS);
    wheel_set(&scene.wheel, &alarm.timer, scene.now_ms, 50);
    wheel_unset(&alarm.timer);
    wheel_unset(&alarm.timer);
    go_to(&scene, 1000);
    assert_int_equal(scene.fired, 0);
}

static void setting_it_again_moves_it(void **state)
{
    struct scene scene = {.now_ms = 0};
    struct alarm alarm = {.fired_ms = 0};

    (void)state;
    wheel_init(&scene.wheel, 0, TICK_MS);
    wheel_set(&scene.wheel, &alarm.timer, scene.now_ms, 50);
    wheel_set(&scene.wheel, &alarm.timer, scene.now_ms, 500);
    go_to(&scene, 1000);
    assert_int_equal(scene.fired, 1);
    assert_between(alarm.fired_ms, 500, 520);
}

static void a_callback_may_unset_one_that_is_due_as_well(void **state)
{
    struct scene scene = {.now_ms = 0};
    struct alarm alarms[2] = {{.fired_ms = 0}, {.fired_ms = 0}};

    (void)state;
    wheel_init(&scene.wheel, 0, TICK_MS);
    wheel_set(&scene.wheel, &alarms[0].timer, scene.now_ms, 50);
    wheel_set(&scene.wheel, &alarms[1].timer, scene.now_ms, 50);
    scene.unset_when_fired = &alarms[0].timer;
    go_to(&scene, 1000);
    assert_true(alarms[1].fired_ms > 0);
    /* Either the first fired before it was unset, or it never did. */
    assert_int_equal(scene.fired, alarms[0].fired_ms ? 2 : 1);
}

static void a_callback_may_set_its_own_again(void **state)
{
    struct scene scene = {.now_ms = 0, .again_ms = 100};
    struct alarm alarm = {.fired_ms = 0};

    (void)state;
    wheel_init(&scene.wheel, 0, TICK_MS);
    wheel_set(&scene.wheel, &alarm.timer, scene.now_ms, 100);
    go_to(&scene, 1100);
    assert_between(scene.fired, 10, 11);
}

static void a_long_silence_fires_all_that_is_due(void **state)
{
    struct scene scene = {.now_ms = 100000};
    struct alarm alarms[3] = {{.fired_ms = 0}};

    (void)state;
    wheel_init(&scene.wheel, 0, TICK_MS);
    for (int i = 0; i < 3; i++)
        wheel_set(&scene.wheel, &alarms[i].timer, 0, 100 * (i + 1));
    wheel_turn(&scene.wheel, scene.now_ms, on_fire, &scene);
    assert_int_equal(scene.fired, 3);
}

/* What is set after a silence, before the wheel has turned or by what was overdue. */
static void what_is_set_after_a_silence_counts_from_then(void **state)
{
    struct scene scene = {.now_ms = 100000, .again_ms = 500};
    struct alarm overdue = {.fired_ms = 0}, new = {.fired_ms = 0};

    (void)state;
    wheel_init(&scene.wheel, 0, TICK_MS);
    wheel_set(&scene.wheel, &overdue.timer, 0, 100);
    wheel_set(&scene.wheel, &new.timer, scene.now_ms, 300);
    wheel_turn(&scene.wheel, scene.now_ms, on_fire, &scene);
    assert_int_equal(scene.fired, 1);
    assert_int_equal(new.fired_ms, 0);
    go_to(&scene, 100600);
    assert_int_equal(scene.fired, 3);
    assert_between(new.fired_ms, 100300, 100300 + TICK_MS);
    assert_between(overdue.fired_ms, 100500, 100500 + TICK_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_is_never_early_and_a_tick_late_at_most),
        cmocka_unit_test(one_that_is_unset_does_not_fire),
        cmocka_unit_test(setting_it_again_moves_it),
        cmocka_unit_test(a_callback_may_unset_one_that_is_due_as_well),
        cmocka_unit_test(a_callback_may_set_its_own_again),
        cmocka_unit_test(a_long_silence_fires_all_that_is_due),
        cmocka_unit_test(what_is_set_after_a_silence_counts_from_then),
    };

    return UNIT_RUN(tests);
}
